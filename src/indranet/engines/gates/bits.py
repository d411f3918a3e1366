"""Single instructions on words that Numba has no name for, and their types."""

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic


@intrinsic
def ones(context: Any, word: Any) -> Any:
    """Return how many bits of a uint64 are set, as int64."""
    return types.int64(types.uint64), lambda _, builder, __, values: builder.ctpop(values[0])


@intrinsic
def lowest(context: Any, word: Any) -> Any:
    """Return the position of the lowest set bit of a uint64 other than 0, as int64."""
    undefined_for_zero = ir.Constant(ir.IntType(1), 1)
    return types.int64(types.uint64), lambda _, builder, __, values: builder.cttz(
        values[0], undefined_for_zero
    )


@intrinsic
def highest(context: Any, word: Any) -> Any:
    """Return the position of the highest set bit of a uint64 other than 0, as int64."""
    undefined_for_zero = ir.Constant(ir.IntType(1), 1)

    def code(_: Any, builder: Any, __: Any, values: Any) -> Any:
        zeros = builder.ctlz(values[0], undefined_for_zero)
        return builder.sub(ir.Constant(ir.IntType(64), 63), zeros)

    return types.int64(types.uint64), code


@intrinsic
def prefetch(context: Any, rows: Any, row: Any, word: Any) -> Any:
    """Ask for the cache line of rows[row, word], a C-contiguous array, without waiting for it."""

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
        read, keep_close, data = (ir.Constant(integer, value) for value in (0, 3, 1))
        builder.call(instruction, [place, read, keep_close, data])
        return context.get_dummy_value()

    return types.void(rows, row, word), code
