"""Language models behind two methods, `chat` and `choose`; `base` has the protocol, one module an implementation."""

from clca import lazy

__getattr__, __dir__ = lazy.modules(globals())
