"""What several steps are told alike: which way a job goes on."""

from attrs import frozen

from foreman_core.pipeline.ways import Ways


@frozen
class WaySettings:
    """The part of a function's environment that says up to where a function, and from where on a worker, does
    a phase.
    """

    function_bytes: int
    function_chunks: int
    worker_bytes: int

    def ways(self) -> Ways:
        """The limits as the runtime library has them."""
        return Ways(
            function_bytes=self.function_bytes,
            function_chunks=self.function_chunks,
            worker_bytes=self.worker_bytes,
        )
