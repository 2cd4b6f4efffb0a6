"""Text to Query: the one parser. It refuses what it does not understand, and says where."""

from __future__ import annotations

import re
from typing import cast

from auditdash.events.folding import fold_words, storable
from auditdash.search.errors import QueryError
from auditdash.search.fields import CONTEXT, FIELDS, Field, find_field, nearest_field
from auditdash.search.query import (
    Atom,
    Node,
    Not,
    Order,
    Query,
    Span,
    Term,
    Text,
    Value,
    conjunction,
    disjunction,
)
from auditdash.search.values import LONGEST_WORDS, parse_value

LANGUAGE = 1  # counts up when a text comes to mean something else than before
LONGEST = 2_000
DEEPEST = 20
MOST_TERMS = 50
MOST_VALUES = 200

_KEYWORD = re.compile(r'(AND|OR|NOT)(?=[\s()"]|$)')
PHRASE = re.compile(r'"((?:\\["\\]|[^"])*)"')
WORD = re.compile(r'[^\s()"]+')
VALUE = re.compile(r'[^\s()",]+')
FIELD = re.compile(r'(context\.)"((?:\\["\\]|[^"])+)":|([^\s()":]*):', re.IGNORECASE)
_NAMES = ", ".join(field.name for field in FIELDS)
_TERM = "a term, such as actor:bob or a word"


def parse(text: str) -> Query:
    """The query of a text; blank text is everything. Raises QueryError."""
    text = storable(text)
    if len(text) > LONGEST:
        over = len(text) - LONGEST
        raise QueryError(
            f"the query is {over:,} character{'' if over == 1 else 's'} too long",
            position=LONGEST,
            length=over,
            expected=f"at most {LONGEST:,} characters",
        )
    return _Parser(text).parse()


def unescape(inside: str) -> str:
    """The text between two quotes: `\\"` and `\\\\` are one character each."""
    return re.sub(r'\\(["\\])', r"\1", inside)


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.terms = 0
        self.values = 0
        self.order: Order | None = None

    def parse(self) -> Query:
        if not self.text.strip():
            return Query()
        node = self._or(0)
        if self.at < len(self.text):
            raise self._error("this bracket closes none", expected="( before it")
        return Query(node, self.order or "created-desc")

    def _or(self, depth: int) -> Node | None:
        nodes = [self._and(depth)]
        while self._keyword() == "OR":
            self.at += len("OR")
            nodes.append(self._and(depth))
        if len(nodes) == 1:
            return nodes[0]
        if any(node is None for node in nodes):
            raise self._error("nothing but a sort stands beside OR", expected=_TERM)
        return disjunction(tuple(node for node in nodes if node is not None))

    def _and(self, depth: int) -> Node | None:
        """None when a `sort:` was all there was."""
        start = self.at
        nodes = [self._unary(depth)]
        while self._more():
            if self._keyword() == "AND":
                self.at += len("AND")
            nodes.append(self._unary(depth))
        kept = tuple(node for node in nodes if node is not None)
        if not kept and depth:
            raise self._error("there is nothing to search for", at=start, expected=_TERM)
        return conjunction(kept) if kept else None

    def _more(self) -> bool:
        """Whether another part of this And follows."""
        keyword = self._keyword()
        return self.at < len(self.text) and self.text[self.at] != ")" and keyword != "OR"

    def _keyword(self) -> str | None:
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1
        found = _KEYWORD.match(self.text, self.at)
        return found[1] if found else None

    def _unary(self, depth: int) -> Node | None:
        keyword = self._keyword()
        start = self.at
        if keyword in {"AND", "OR"}:
            raise self._error(
                f"{keyword} has nothing before it", length=len(keyword), expected=_TERM
            )
        following = self.text[start + 1 : start + 2]
        dash = self.text.startswith("-", start) and following != "" and not following.isspace()
        if keyword != "NOT" and not dash:
            return self._primary(depth)
        self.at += 1 if dash else len("NOT")
        node = self._unary(self._deeper(depth, start))
        if node is None:
            raise self._error("the order cannot be negated", at=start, length=self.at - start)
        return Not(node, Span(start, self.at))

    def _deeper(self, depth: int, position: int) -> int:
        if depth >= DEEPEST:
            raise self._error(
                "brackets and negations stand too deep",
                at=position,
                expected=f"at most {DEEPEST} inside each other",
            )
        return depth + 1

    def _primary(self, depth: int) -> Node | None:
        start = self.at
        if start >= len(self.text):
            raise self._error("the query ends too early", at=len(self.text), expected=_TERM)
        if self.text[start] == ")":
            raise self._error("there is nothing before this bracket", expected=_TERM)
        if self.text[start] != "(":
            return self._term(depth)
        self.at += 1
        node = self._or(self._deeper(depth, start))
        if self.at >= len(self.text):
            raise self._error("this bracket is not closed", at=start, expected=")")
        self.at += 1
        return node

    def _term(self, depth: int) -> Node | None:
        start = self.at
        self.terms += 1
        if self.terms > MOST_TERMS:
            raise self._error("there are too many terms", expected=f"at most {MOST_TERMS}")
        name = FIELD.match(self.text, start)
        if name is None:
            return self._text()
        field = self._field(name)
        self.at = name.end()
        values = self._list(field)
        term = Term(field.name, values, Span(start, self.at))
        if field.kind != "order":
            return term
        self._sort(term, depth)
        return None

    def _field(self, name: re.Match[str]) -> Field:
        quoted = name[1] is not None
        written = CONTEXT + unescape(name[2]) if quoted else name[3]
        field = find_field(written)
        if field is not None:
            return field
        if written.lower() == CONTEXT:
            raise self._error(
                f"{CONTEXT} has no path",
                length=len(CONTEXT),
                expected=f"one, such as {CONTEXT}role",
            )
        word = WORD.match(self.text, name.start())
        whole = word[0] if word else name[0]
        if "://" in whole:
            raise self._error(
                "this is an address of the web: quote it",
                length=len(whole),
                expected="quotes around it",
            )
        raise self._error(
            f"there is no field {written!a}" if written else "a field's name is missing",
            length=max(1, len(written)),
            expected=f"{_NAMES} or context.…; quotes around it, if it is text",
            nearest=nearest_field(written),
        )

    def _list(self, field: Field) -> tuple[Value, ...]:
        values = [self._value(field)]
        while self.text.startswith(",", self.at):
            self.at += 1
            values.append(self._value(field))
        self._end_of_term()
        return tuple(values)

    def _value(self, field: Field) -> Value:
        start = self.at
        self.values += 1
        if self.values > MOST_VALUES:
            raise self._error("there are too many values", expected=f"at most {MOST_VALUES}")
        if self.text.startswith('"', start):
            text, quoted = self._phrase(), True
        else:
            found = VALUE.match(self.text, start)
            if found is None:
                raise self._error(
                    f"{field.name}: has no value here", expected=f"one, such as {field.example}"
                )
            text, quoted = found[0], False
            self.at = found.end()
        return parse_value(field, Atom(text, quoted, Span(start, self.at)))

    def _phrase(self) -> str:
        found = PHRASE.match(self.text, self.at)
        if found is None:
            raise self._error("this quote is not closed", expected='"')
        self.at = found.end()
        return unescape(found[1])

    def _text(self) -> Text:
        start = self.at
        quoted = self.text.startswith('"', start)
        if quoted:
            text = self._phrase()
        else:
            found = cast(re.Match[str], WORD.match(self.text, start))
            text = found[0]
            self.at = found.end()
        self._end_of_term()
        self._check_words(text, quoted, Span(start, self.at))
        return Text(text, quoted, Span(start, self.at))

    def _check_words(self, text: str, quoted: bool, span: Span) -> None:
        words = fold_words(text).strip()
        length = span.end - span.start
        if not words:
            expected = "a term right behind it" if text == "-" else "a letter or a digit"
            raise self._error(
                "there is nothing to search for", at=span.start, length=length, expected=expected
            )
        if len(words) > LONGEST_WORDS:
            raise self._error(
                "this text is too long", at=span.start, length=length, expected="less of it"
            )
        if not quoted and "*" in text.rstrip("*"):
            raise self._error(
                "* stands in free text",
                at=span.start,
                length=length,
                expected="the beginning of a word, which finds the whole word",
            )

    def _sort(self, term: Term, depth: int) -> None:
        span = term.span
        length = span.end - span.start
        if depth or self.order or len(term.values) > 1:
            what = (
                "the order stands inside a bracket or a negation"
                if depth
                else "there are two orders"
            )
            raise self._error(
                what, at=span.start, length=length, expected="one sort: for the whole query"
            )
        value = term.values[0]
        if isinstance(value, Atom):
            self.order = cast(Order, value.text)

    def _end_of_term(self) -> None:
        """A term ends at a space, at a closing bracket or with the text."""
        if self.at >= len(self.text) or self.text[self.at].isspace() or self.text[self.at] == ")":
            return
        letter = self.text[self.at]
        raise self._error(
            f"{letter} stands inside a term",
            expected=f"a space before it, or quotes around a text that has a {letter}",
        )

    def _error(
        self,
        what: str,
        *,
        at: int | None = None,
        length: int = 1,
        expected: str = "",
        nearest: str | None = None,
    ) -> QueryError:
        position = self.at if at is None else at
        return QueryError(
            what, position=position, length=length, expected=expected, nearest=nearest
        )
