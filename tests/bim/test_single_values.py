"""Properties read from a file's text are those that the parser's own binding gives."""

from __future__ import annotations

from pathlib import Path

import ifcopenshell
import pytest

from bim import properties, relations, units
from bim.extract import facts
from bim.facts import Property, Step
from bim.parser.measures import Measures
from bim.parser.property_kinds import PropertyKinds
from bim.single_values import SingleValues
from tests.bim.surgery import FOOTER, HEADER
from tests.bim.test_real_files import FILES


class _NothingPlain(SingleValues):
    def __init__(self) -> None:
        pass

    def rows(self, pset: object) -> None:
        return None


def _both(path: Path) -> tuple[list[Property], list[Property]]:
    model = ifcopenshell.open(str(path))
    assert isinstance(model, ifcopenshell.file)
    _, sets = properties.described(model, relations.types(model))
    psets = [each for each in sets.values() if each.is_a("IfcPropertySet")]
    measures = Measures(units.factors(model))
    plain, nothing, kinds = SingleValues(path, measures), _NothingPlain(), PropertyKinds(measures)
    return (
        [row for pset in psets for row in properties.properties_in(model, pset, plain, kinds)],
        [row for pset in psets for row in properties.properties_in(model, pset, nothing, kinds)],
    )


@pytest.mark.parametrize("path", [*FILES[:3], *FILES[-8:]], ids=lambda path: path.stem)
def test_real_properties_are_the_bindings_own(path: Path) -> None:
    by_text, by_binding = _both(path)
    assert by_text == by_binding


def test_authored_properties_are_the_bindings_own_and_all_plain(authored: Path) -> None:
    by_text, by_binding = _both(authored)
    assert by_text == by_binding
    assert len(by_text) > 100
    model = ifcopenshell.open(str(authored))
    assert isinstance(model, ifcopenshell.file)
    plain = SingleValues(authored, Measures({}))
    told = [plain.rows(Step(pset.id())) for pset in model.by_type("IfcPropertySet")]
    assert all(rows is not None and all(row is not None for _, row in rows) for rows in told)


ODD = r"""
#1=IFCPROPERTYSINGLEVALUE('it''s \\ \X2\4F4F6236\X0\',$,IFCLABEL('a ''b'' \X2\96FB\X0\'),$);
#2=IFCPROPERTYSINGLEVALUE('umlaut',$,IFCLABEL('K\X\FCche \S\D'),$);
#3=IFCPROPERTYSINGLEVALUE('real',$,IFCREAL(-1.5E-3),$);
#4=IFCPROPERTYSINGLEVALUE('integer',$,IFCINTEGER(12),$);
#5=IFCPROPERTYSINGLEVALUE('count',$,IFCCOUNTMEASURE(12.),$);
#6=IFCPROPERTYSINGLEVALUE('yes',$,IFCBOOLEAN(.T.),$);
#7=IFCPROPERTYSINGLEVALUE('unknown',$,IFCLOGICAL(.U.),$);
#8=IFCPROPERTYSINGLEVALUE('nothing',$,$,$);
#9=IFCPROPERTYSINGLEVALUE('with unit','said so',IFCLENGTHMEASURE(2.),#20);
#10 = IFCPROPERTYSINGLEVALUE ( 'spaced' , $ , IFCLABEL ( 'x' ) , $ ) ;
#11=IFCPROPERTYSINGLEVALUE('decoy #12=IFCPROPERTYSINGLEVALUE(''x'',$,$,$);',$,IFCTEXT(''),$);
#12=IfcPropertySingleValue('odd case',$,IfcLabel('y'),$);
#13=IFCPROPERTYENUMERATEDVALUE('many',$,(IFCLABEL('a'),IFCLABEL('b')),$);
#20=IFCSIUNIT(*,.LENGTHUNIT.,.MILLI.,.METRE.);
#30=IFCPROPERTYSET('0YvctVUKr0kugbFTf53O9L',$,'P','it''s, a set',(#1,#2,#3,#4,#5,#6,#7,#8,#9,#10,#11,#12,#13,#99));
#31=IFCPROPERTYSET('1YvctVUKr0kugbFTf53O9L',$,'Q',$,(#3));
#40=IFCWALL('2YvctVUKr0kugbFTf53O9L',$,$,$,$,$,$,$,$);
#41=IFCRELDEFINESBYPROPERTIES('3YvctVUKr0kugbFTf53O9L',$,$,$,(#40),#30);
#42=IFCRELDEFINESBYPROPERTIES('0ZvctVUKr0kugbFTf53O9L',$,$,$,(#40),#31);
"""


@pytest.mark.parametrize("schema", ["IFC2X3", "IFC4", "IFC4X3_ADD2"])
def test_lines_out_of_the_ordinary_say_the_same_too(schema: str, tmp_path: Path) -> None:
    path = tmp_path / "odd.ifc"
    path.write_text(HEADER.format(schema) + ODD + FOOTER)
    by_text, by_binding = _both(path)
    assert by_text == by_binding
    values = {row.name: row.value for row in by_text}
    assert values["it's \\ 住戶"] == "a 'b' 電"
    assert values["integer"] == "12"
    assert len(by_text) == 14
    model = ifcopenshell.open(str(path))
    assert isinstance(model, ifcopenshell.file)
    assert facts(model, path).properties == by_text
