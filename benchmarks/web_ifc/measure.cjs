// Open one IFC file with web-ifc and draw everything in it, as a viewer does. Prints one JSON document:
// {"open_s", "draw_s": wall seconds, "cpu_s": user + system seconds of both, "drawn": products with a mesh}.
// node measure.cjs FILE.ifc SMALL.ifc    (the small file is read first, so that nobody pays for starting the engine)
const fs = require("node:fs");
const { IfcAPI, LogLevel } = require("web-ifc");

function measured(api, path) {
  const data = new Uint8Array(fs.readFileSync(path));
  const usage = process.cpuUsage();
  const begun = performance.now();
  const model = api.OpenModel(data);
  const opened = performance.now();
  const drawn = new Set();
  api.StreamAllMeshes(model, (mesh) => {
    for (let i = 0; i < mesh.geometries.size(); i++) {
      const geometry = api.GetGeometry(model, mesh.geometries.get(i).geometryExpressID);
      api.GetVertexArray(geometry.GetVertexData(), geometry.GetVertexDataSize());
      const indices = api.GetIndexArray(geometry.GetIndexData(), geometry.GetIndexDataSize());
      if (indices.length) drawn.add(mesh.expressID);
      geometry.delete();
    }
  });
  const done = performance.now();
  const spent = process.cpuUsage(usage);
  api.CloseModel(model);
  return {
    open_s: (opened - begun) / 1e3,
    draw_s: (done - opened) / 1e3,
    cpu_s: (spent.user + spent.system) / 1e6,
    drawn: drawn.size,
  };
}

async function main() {
  const api = new IfcAPI();
  await api.Init();
  api.SetLogLevel(LogLevel.LOG_LEVEL_OFF);
  measured(api, process.argv[3]);
  console.log(JSON.stringify(measured(api, process.argv[2])));
}

main();
