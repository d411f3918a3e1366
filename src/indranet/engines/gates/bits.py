"""Single instructions that Numba has no name for: counting and finding bits, asking for a row."""

from collections.abc import Callable
from typing import Any, cast

from llvmlite import ir  # type: ignore[import-untyped]  # it ships no types
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

TRUE = ir.Constant(ir.IntType(1), 1)


def _ones(_: Any, __: Any) -> Any:
    return types.int64(types.uint64), lambda _, builder, __, words: builder.ctpop(words[0])


def _lowest(_: Any, __: Any) -> Any:
    return types.int64(types.uint64), lambda _, builder, __, words: builder.cttz(words[0], TRUE)


def _highest(_: Any, __: Any) -> Any:
    def code(_: Any, builder: Any, __: Any, words: Any) -> Any:
        return builder.sub(ir.Constant(ir.IntType(64), 63), builder.ctlz(words[0], TRUE))

    return types.int64(types.uint64), code


def _prefetch(_: Any, rows: Any, row: Any, word: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, values[0])
        index = [
            context.cast(builder, value, kind, types.intp)
            for value, kind in zip(values[1:], signature.args[1:], strict=True)
        ]
        shape = cgutils.unpack_tuple(builder, array.shape, 2)
        strides = cgutils.unpack_tuple(builder, array.strides, 2)
        place = cgutils.get_item_pointer2(context, builder, array.data, shape, strides, "C", index)
        place = builder.bitcast(place, ir.IntType(8).as_pointer())
        integer = ir.IntType(32)
        instruction = cgutils.get_or_insert_function(
            builder.module,
            ir.FunctionType(ir.VoidType(), [place.type, integer, integer, integer]),
            "llvm.prefetch.p0i8",
        )
        to_read, keep_close, data = (ir.Constant(integer, value) for value in (0, 3, 1))
        builder.call(instruction, [place, to_read, keep_close, data])
        return context.get_dummy_value()

    return types.void(rows, row, word), code


ones = cast(Callable[[Any], Any], intrinsic(_ones))
"""How many bits of a uint64 are set, as int64."""
lowest = cast(Callable[[Any], Any], intrinsic(_lowest))
"""Position of the lowest set bit of a uint64 other than 0, as int64."""
highest = cast(Callable[[Any], Any], intrinsic(_highest))
"""Position of the highest set bit of a uint64 other than 0, as int64."""
prefetch = cast(Callable[[Any, Any, Any], None], intrinsic(_prefetch))
"""Ask for the cache line of rows[row, word], an array in C order, without waiting for it."""
