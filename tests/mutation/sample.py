"""Which mutants there are: one change each, of code that runs, that Python compiles to something else."""

from __future__ import annotations

import ast
import difflib
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator

from tests.mutation.words import StatementRemover, WordReplacer

SIGNS = """
Comparison: Lt_LtE LtE_Lt Gt_GtE GtE_Gt Lt_Gt Gt_Lt Eq_NotEq NotEq_Eq Is_IsNot IsNot_Is
Binary: Add_Sub Sub_Add Mul_Div Div_Mul FloorDiv_Mul Mod_Mul BitOr_BitAnd BitAnd_BitOr LShift_RShift RShift_LShift
Unary: USub_UAdd Delete_Not Delete_Invert
"""
PLAIN = """
AddNot ReplaceTrueWithFalse ReplaceFalseWithTrue ReplaceAndWithOr ReplaceOrWithAnd ReplaceBreakWithContinue
ReplaceContinueWithBreak NumberReplacer ZeroIterationForLoop ExceptionReplacer
"""
"""cosmic-ray's operators, those that a reader of the code may really have mistaken one for the other."""

Spot = tuple[int, int]


@dataclass(frozen=True)
class Mutant:
    """A module with one change."""

    module: str
    was: str
    now: str
    source: str

    def diff(self, original: str) -> str:
        """The change as `git diff` shows it."""
        lines = difflib.unified_diff(original.splitlines(), self.source.splitlines(), self.module, self.module, n=2)
        return "\n".join(line.rstrip() for line in lines)


def mutants(module: str, source: str, chance: random.Random) -> Iterator[Mutant]:
    """A module's mutants, in the order of `chance`, each made when it is asked for."""
    silent, nodes = _silent(source), list(ast_nodes(get_ast(source)))
    places = [
        (operator, at)
        for operator in _operators()
        for at, spot in enumerate(_spots(operator, nodes))
        if not _said_only(spot, silent)
    ]
    chance.shuffle(places)
    for operator, at in places:
        mutant = _mutant(module, source, operator, at)
        if mutant is not None:
            yield mutant


def _operators() -> list[Any]:
    named = [f"core/{name}" for name in PLAIN.split()]
    for line in SIGNS.strip().splitlines():
        kind, pairs = line.split(":")
        named += [f"core/Replace{kind}Operator_{pair}" for pair in pairs.split()]
    return [*(get_operator(name)() for name in named), WordReplacer(), StatementRemover()]


def _spots(operator: Any, nodes: list[Any]) -> Iterator[Spot]:
    for node in nodes:
        for start, _ in operator.mutation_positions(node):
            yield start


def _silent(source: str) -> list[tuple[Spot, Spot]]:
    """Spans that no test can tell: types, decorators, what only a type checker reads, and the text of an error."""
    found: list[ast.AST] = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.FunctionDef():
                arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
                found += [a.annotation for a in arguments if a.annotation] + ([node.returns] if node.returns else [])
                found += node.decorator_list
            case ast.ClassDef():
                found += node.decorator_list
            case ast.AnnAssign():
                found.append(node.annotation)
            case ast.If(test=ast.Name(id="TYPE_CHECKING")) | ast.Raise():
                found.append(node)
            case ast.Module():
                found += [n for n in node.body if isinstance(n, ast.Assign) and not _constant(n.value)]
    return [((n.lineno, n.col_offset), (n.end_lineno or 0, n.end_col_offset or 0)) for n in found]  # type: ignore[attr-defined]


def _constant(value: ast.expr) -> bool:
    """Whether a module's name is bound to a value, and not to types: `Rows = pl.DataFrame | None`."""
    return not isinstance(value, ast.Subscript | ast.BinOp) or any(isinstance(n, ast.Constant) for n in ast.walk(value))


def _said_only(spot: Spot, spans: list[tuple[Spot, Spot]]) -> bool:
    return any(start <= spot < end for start, end in spans)


def _mutant(module: str, source: str, operator: Any, at: int) -> Mutant | None:
    changed = mutate_code(source, operator, at)
    if changed is None or not _another(source, changed):
        return None
    lines = zip(source.splitlines(), changed.splitlines(), strict=False)
    was, now = next(((a, b) for a, b in lines if a != b), ("", ""))
    return Mutant(module, was.strip(), now.strip(), changed)


def _another(source: str, changed: str) -> bool:
    try:
        return ast.dump(ast.parse(source)) != ast.dump(ast.parse(changed))
    except SyntaxError:
        return False
