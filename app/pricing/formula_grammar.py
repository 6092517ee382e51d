"""The grammar of price formulas, for lark (LALR). Keywords are found among the names by a callback, so that both languages and all
four Turkish i are read; nothing of a formula is ever handed to Python's own `eval`.

Numbers: `.` and `,` are both the decimal sign and there is no sign between thousands; a comma right between two digits is
decimal, any other comma and every `;` parts arguments. So `max(cost; 1,5)` and `max(cost, 1.5)` are the same.
`10%` and `%10` are 0.10.
"""

from __future__ import annotations

GRAMMAR = r"""
start: expr
?expr: IF expr THEN expr [ELSE expr]  -> choice
     | disj
?disj: conj | disj OR conj            -> both
?conj: inv | conj AND inv             -> both
?inv: NOT inv                         -> invert
    | comp
?comp: sum | sum COMPARE sum          -> compare
?sum: term | sum SIGN term            -> binary
?term: unary | term TIMES unary       -> binary
?unary: SIGN unary                    -> sign
      | atom
?atom: NUMBER                         -> number
     | PERCENT                        -> percent
     | NAME                           -> name
     | NAME OPEN [expr (SEPARATOR expr)*] CLOSE -> call
     | OPEN expr CLOSE                -> group

%declare IF THEN ELSE AND OR NOT
PERCENT.3: /%\s*(?:[0-9]+(?:[.,][0-9]+)*|[.][0-9]+)|(?:[0-9]+(?:[.,][0-9]+)*|[.][0-9]+)\s*%/
NUMBER.2: /(?:[0-9]+(?:[.,][0-9]+)*|[.][0-9]+)(?:[eE][+-]?[0-9]+)?/
NAME: /[^\W\d]\w*/
COMPARE: /<=|>=|<>|!=|==|[<>=≤≥≠]/
SIGN: /[+\-−–]/
TIMES: /[*\/×÷]/
OPEN: "("
CLOSE: ")"
SEPARATOR: /[;,]/
%ignore /\s+/
"""
