"""Language models behind two methods, `chat` and `choose`; `base` has the protocol, one module an implementation."""
