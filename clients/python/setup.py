"""Makes the stubs of the published .proto file while the package is built."""

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

PROTO = Path(__file__).resolve().parents[2] / "proto" / "proto"
FILE = "cordboard/tserver/v1/tserver.proto"


class BuildWithStubs(build_py):
    def run(self) -> None:
        super().run()
        from grpc_tools import protoc

        out = self.build_lib
        arguments = [f"-I{PROTO}", f"--python_out={out}", f"--grpc_python_out={out}", FILE]
        if protoc.main(["protoc", *arguments]) != 0:
            raise SystemExit(f"protoc could not compile {PROTO / FILE}")


setup(cmdclass={"build_py": BuildWithStubs})
