#!/usr/bin/env bash
# Sparkplug B: Eclipse Tahu (tahu-core 1.0.11, the reference implementation, in Java) writes a metric Int8 -5 as int_value
# 4294967291, the two's complement in the 32 bits of the field, and Int16 -300 as 4294966996. pysparkplug 0.3.2 writes them as
# 251 and 65236, the two's complement in 8 and 16 bits, and raises OverflowError on what Tahu wrote: a thermometer below zero
# behind a Java gateway cannot be read. Tahu reads both forms, mqtt-spb-wrapper 2.1.2 too. Int32 and Int64 are alike in all.
# Needs Java 17 and Maven.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet pysparkplug==0.3.2 mqtt-spb-wrapper==2.1.2
cat > "$work/pom.xml" <<'XML'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion><groupId>finding</groupId><artifactId>finding</artifactId><version>1</version>
  <dependencies><dependency>
    <groupId>org.eclipse.tahu</groupId><artifactId>tahu-core</artifactId><version>1.0.11</version>
  </dependency></dependencies>
</project>
XML
(cd "$work" && mvn -q dependency:copy-dependencies -DoutputDirectory=lib)
cat > "$work/Tahu.java" <<'JAVA'
import java.util.Date;
import java.util.HexFormat;
import org.eclipse.tahu.message.SparkplugBPayloadDecoder;
import org.eclipse.tahu.message.SparkplugBPayloadEncoder;
import org.eclipse.tahu.message.model.Metric;
import org.eclipse.tahu.message.model.MetricDataType;
import org.eclipse.tahu.message.model.SparkplugBPayload;

public class Tahu {
    static Metric metric(String name, MetricDataType type, Object value) throws Exception {
        return new Metric.MetricBuilder(name, type, value).timestamp(new Date(0)).createMetric();
    }

    public static void main(String[] words) throws Exception {
        if (words.length == 0) {
            var payload = new SparkplugBPayload.SparkplugBPayloadBuilder().setTimestamp(new Date(0)).setSeq(0L)
                .addMetric(metric("Int8", MetricDataType.Int8, (byte) -5))
                .addMetric(metric("Int16", MetricDataType.Int16, (short) -300))
                .addMetric(metric("Int32", MetricDataType.Int32, -70000)).createPayload();
            System.out.println("HEX " + HexFormat.of().formatHex(new SparkplugBPayloadEncoder().getBytes(payload, false)));
        } else {
            for (var one : new SparkplugBPayloadDecoder().buildFromByteArray(HexFormat.of().parseHex(words[0]), null).getMetrics()) {
                System.out.println("READ " + one.getName() + " " + one.getValue());
            }
        }
    }
}
JAVA
java -cp "$work/lib/*" "$work/Tahu.java" 2>/dev/null | sed -n 's/^HEX //p' > "$work/tahu.hex"
"$work/venv/bin/python" - "$work" <<'PY'
import sys
from pathlib import Path

import pysparkplug._protobuf.sparkplug_b_pb2 as schema
from mqtt_spb_wrapper import SpbPayloadParser
from pysparkplug import DataType, Metric

work = Path(sys.argv[1])
wrote = bytes.fromhex((work / "tahu.hex").read_text())
payload = schema.Payload()
payload.ParseFromString(wrote)
raw = {one.name: one.int_value for one in payload.metrics}
print("Tahu writes", raw)
assert raw == {"Int8": 4294967291, "Int16": 4294966996, "Int32": 4294897296}
read = {}
for one in payload.metrics:
    try:
        read[one.name] = Metric.from_pb(one).value
    except OverflowError as error:
        read[one.name] = f"OverflowError: {error}"
print("pysparkplug reads", read)
assert read["Int32"] == -70000
assert all(str(read[name]).startswith("OverflowError") for name in ("Int8", "Int16"))
other = {one["name"]: one["value"] for one in SpbPayloadParser(wrote).payload["metrics"]}
print("mqtt-spb-wrapper reads", other)
assert other == {"Int8": -5, "Int16": -300, "Int32": -70000}
own = schema.Payload(timestamp=0, seq=0)
for name, kind, value in (("Int8", DataType.INT8, -5), ("Int16", DataType.INT16, -300), ("Int32", DataType.INT32, -70000)):
    own.metrics.append(Metric(timestamp=0, name=name, datatype=kind, value=value).to_pb(include_dtype=True))
print("pysparkplug writes", {one.name: one.int_value for one in own.metrics})
assert [one.int_value for one in own.metrics] == [251, 65236, 4294897296]
(work / "own.hex").write_text(own.SerializeToString().hex())
PY
java -cp "$work/lib/*" "$work/Tahu.java" "$(cat "$work/own.hex")" 2>/dev/null | grep '^READ' > "$work/read.txt"
echo "Tahu reads what pysparkplug wrote:" && cat "$work/read.txt"
diff "$work/read.txt" <(printf 'READ Int8 -5\nREAD Int16 -300\nREAD Int32 -70000\n')
