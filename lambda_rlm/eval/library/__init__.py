"""The library's first-order functions: those that take no function and ask no model.

Owns `IMPLEMENTATIONS`, one builder for each of them, by subject in the modules here. An implementation charges its work by the
tariff before doing it, refuses with a declared fault, and touches nothing but its arguments and the run's meter. Importing this
package loads no regular-expression engine.
"""

from __future__ import annotations

from lambda_rlm.eval.library import cutting, lists, numbers, options, sequence, text
from lambda_rlm.eval.site import Builder
from lambda_rlm.syntax.primitive import Primitive as P

IMPLEMENTATIONS: dict[P, Builder] = {
    P.LENGTH: sequence.length,
    P.IS_EMPTY: sequence.is_empty,
    P.TAKE: sequence.take,
    P.DROP: sequence.drop,
    P.TAKE_LAST: sequence.take_last,
    P.SLICE: sequence.slice_between,
    P.REVERSE: sequence.reverse,
    P.TRIM: text.trim,
    P.LOWER: text.lower,
    P.UPPER: text.upper,
    P.CONTAINS: text.contains,
    P.STARTS_WITH: text.starts_with,
    P.ENDS_WITH: text.ends_with,
    P.FIND: text.find,
    P.FIND_ALL: text.find_all,
    P.REPLACE: text.replace,
    P.REPEAT: text.repeat,
    P.AROUND: sequence.around,
    P.LINES: text.lines,
    P.WORDS: text.words,
    P.PARAGRAPHS: text.paragraphs,
    P.SPLIT_ON: text.split_on,
    P.JOIN: text.join,
    P.CHUNK: cutting.chunk,
    P.WINDOWS: cutting.windows,
    P.SPLIT: cutting.split,
    P.PACK: cutting.pack,
    P.TO_TEXT: text.to_text,
    P.ZIP: lists.zip_lists,
    P.CROSS: lists.cross,
    P.PAIRS: lists.pairs,
    P.ENUMERATE: lists.enumerated,
    P.RANGE: lists.range_of,
    P.GET: lists.get,
    P.FIRST: lists.first,
    P.LAST: lists.last,
    P.UNIQUE: lists.unique,
    P.TALLY: lists.tally,
    P.SAMPLE: lists.sample,
    P.BATCH: lists.batch,
    P.CONCAT: lists.concat,
    P.MEMBER: lists.member,
    P.UNION: lists.union,
    P.INTERSECT: lists.intersect,
    P.DIFFERENCE: lists.difference,
    P.SUM: lists.total,
    P.MEAN: lists.mean,
    P.SOME: options.some,
    P.UNWRAP_OR: options.unwrap_or,
    P.IS_SOME: options.is_some,
    P.VALUES: options.values,
    P.ABS: numbers.absolute,
    P.MIN: numbers.smaller,
    P.MAX: numbers.larger,
    P.ROUND: numbers.nearest,
    P.FLOOR: numbers.floor,
    P.CEIL: numbers.ceiling,
    P.DIV: numbers.divide,
    P.TO_FLOAT: numbers.to_float,
    P.TO_INT: numbers.to_int,
    P.CLAMP: numbers.clamp,
    P.VOTE: lists.vote,
    P.WHERE: options.where,
}
