"""A simulated graphics card: tensors "on cuda" whose values are in the machine's memory.

The CPU computes every operation, so results must equal the CPU's to the last bit. The card's rules apply:
operands must be on one device, and only a copy moves data between devices. Each transfer is counted, because
a real card has to finish all its work before one of its values can be read.
"""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack, contextmanager
from unittest import mock

import torch
from torch.utils._python_dispatch import TorchDispatchMode, is_traceable_wrapper_subclass
from torch.utils._pytree import tree_flatten, tree_map

CARD = torch.device("cuda", 0)
APPLE = torch.device("mps", 0)  # does not support float64
aten = torch.ops.aten

#: Reading these makes the caller wait for the card.
READERS = {
    aten._local_scalar_dense.default: "item",
    aten.nonzero.default: "nonzero",
    aten.equal.default: "equal",
    aten.masked_select.default: "masked_select",
}
COPIES = {aten._to_copy.default, aten.copy_.default}
#: Pinned memory: here it is ordinary memory.
PINNED = {aten.pin_memory.default, aten._pin_memory.default}
#: These accept indices on the CPU, each of which costs a copy.
INDEXED = {aten.index.Tensor, aten.index_put.default, aten.index_put_.default}


class CardTensor(torch.Tensor):
    """A tensor that reports the card as its device; `values` are in the machine's memory."""

    @staticmethod
    def __new__(cls, values):
        return torch.Tensor._make_wrapper_subclass(
            cls, values.size(), strides=values.stride(), storage_offset=values.storage_offset(),
            dtype=values.dtype, device=_plugged[-1].device if _plugged else CARD, requires_grad=False,
        )  # fmt: skip

    def __init__(self, values):
        self.values = values

    __torch_function__ = torch._C._disabled_torch_function_impl

    @classmethod
    def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
        raise RuntimeError(f"{func} on a card that has been taken out")

    def tolist(self):
        return self.cpu().tolist()

    # torch asks a real card before it does these
    def item(self):
        _plugged[-1].crossings["item"] += 1
        return self.values.item()

    def __int__(self):
        return int(self.item())

    def __float__(self):
        return float(self.item())

    def __bool__(self):
        return bool(self.item())

    def copy_(self, source):
        if not isinstance(source, CardTensor):
            _plugged[-1].crossings["to card"] += 1
        self.values.copy_(_values(source))
        return self

    def contiguous(self, memory_format=torch.contiguous_format):
        return self if self.is_contiguous() else self.clone(memory_format=memory_format)

    def __invert__(self):
        return self.logical_not()

    def __getitem__(self, index):
        return CardTensor(self.values[_looked_at(index)])

    def __setitem__(self, index, new):
        if isinstance(new, torch.Tensor) and not isinstance(new, CardTensor) and new.ndim:
            _plugged[-1].crossings["to card"] += 1
        self.values[_looked_at(index)] = _values(new)

    def __repr__(self):
        return f"CardTensor({tuple(self.shape)}, {self.dtype})"


class Card(TorchDispatchMode):
    """Simulate `device` inside the `with` block. `crossings` counts copies and reads by name."""

    _mode_key = torch._C._TorchDispatchModeKey.FAKE  # so that torch does not look for a real card

    def __init__(self, device=CARD):
        super().__init__()
        self.device = device
        self.crossings = Counter()
        self.made_on_host = Counter()

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        if any(is_traceable_wrapper_subclass(leaf) for leaf in tree_flatten((args, kwargs or {}))[0]):
            return NotImplemented  # a quantized tensor decomposes itself and calls again with each piece
        kwargs = dict(kwargs or {})
        if torch.is_inference_mode_enabled():  # torch then keeps composite operations whole
            with self:
                made = func.decompose(*args, **kwargs)
            if made is not NotImplemented:
                return made
        if func in PINNED:
            return args[0]
        given = [leaf for leaf in tree_flatten((args, kwargs))[0] if isinstance(leaf, torch.Tensor)]
        on_card = [tensor for tensor in given if isinstance(tensor, CardTensor)]
        wanted = kwargs.get("device")
        if not on_card and (wanted is None or torch.device(wanted).type != self.device.type):
            kwargs.pop("pin_memory", None)
            made = func(*args, **kwargs)
            if not given or func in COPIES:
                self.made_on_host[func.name()] += 1
            return made
        self._check(func, given, on_card)
        self._note(func, args, on_card, kwargs)
        if wanted is not None:
            kwargs["device"] = torch.device("cpu")
            kwargs.pop("non_blocking", None)
        made = func(*_values(args), **_values(kwargs))
        if func is aten.copy_.default:
            return args[0]
        if func._schema.is_mutable and isinstance(args[0], CardTensor) and func.name().endswith("_"):
            return args[0]
        is_host = wanted is not None and torch.device(wanted).type == "cpu"
        if self.device is APPLE and not is_host and getattr(made, "dtype", None) is torch.float64:
            raise TypeError(f"{func}: cannot convert a MPS tensor to float64")
        return made if is_host else tree_map(_on_card, made)

    def _check(self, func, given, on_card):
        if func in COPIES or func in INDEXED:
            return
        strangers = [tensor for tensor in given if not isinstance(tensor, CardTensor) and tensor.ndim]
        if on_card and strangers:
            raise RuntimeError(
                f"{func}: expected all tensors to be on the same device, but found at least two, cuda:0 and "
                f"cpu: {[tuple(tensor.shape) for tensor in strangers]}"
            )

    def _note(self, func, args, on_card, kwargs):
        wanted = kwargs.get("device")
        if func in READERS:
            self.crossings[READERS[func]] += 1
        elif func is aten.copy_.default:
            source, target = isinstance(args[1], CardTensor), isinstance(args[0], CardTensor)
            if source != target:
                self.crossings["to host" if source else "to card"] += 1
        elif func is aten._to_copy.default and wanted is not None:
            if not on_card:
                self.crossings["sent" if kwargs.get("non_blocking") else "to card"] += 1
            elif torch.device(wanted).type == "cpu":
                self.crossings["to host"] += 1
        elif func in INDEXED:
            indices = [index for index in args[1] if index is not None]
            if any(index.dtype is torch.bool for index in indices):
                self.crossings["bool index"] += 1
            self.crossings["index to card"] += sum(not isinstance(index, CardTensor) for index in indices)


def _looked_at(index):
    """Return the index for the CPU, after counting its transfers."""
    for part in index if isinstance(index, tuple) else (index,):
        if isinstance(part, list) or (isinstance(part, torch.Tensor) and not isinstance(part, CardTensor)):
            _plugged[-1].crossings["to card"] += 1
        if getattr(part, "dtype", None) is torch.bool:
            _plugged[-1].crossings["bool index"] += 1
    return _values(index)


def _values(tree):
    return tree_map(lambda leaf: leaf.values if isinstance(leaf, CardTensor) else leaf, tree)


def _on_card(leaf):
    return CardTensor(leaf) if isinstance(leaf, torch.Tensor) and not isinstance(leaf, CardTensor) else leaf


#: Answers to queries of the driver: 80 GiB, with bfloat16.
REAL_CARD = {
    "mem_get_info": lambda device=None: (80 * 2**30, 80 * 2**30),
    "is_bf16_supported": lambda including_emulation=True: True,
}
_plugged = []


@contextmanager
def plugged_in(device=CARD):
    """Simulate the card inside the `with` block."""
    lifts = torch._C._only_lift_cpu_tensors()
    overwrites = torch.__future__.get_overwrite_module_params_on_conversion()
    with ExitStack() as stack:
        stack.callback(torch._C._set_only_lift_cpu_tensors, lifts)
        stack.callback(torch.__future__.set_overwrite_module_params_on_conversion, overwrites)
        torch._C._set_only_lift_cpu_tensors(True)
        torch.__future__.set_overwrite_module_params_on_conversion(True)
        stack.enter_context(torch.no_grad())  # gradients would need a real card
        for name, answer in REAL_CARD.items():
            stack.enter_context(mock.patch.object(torch.cuda, name, answer))
        card = stack.enter_context(Card(device))
        _plugged.append(card)
        stack.callback(_plugged.remove, card)
        yield card
