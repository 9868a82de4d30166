"""torch: its libraries, and the modules that `import` statements name.

PyInstaller's own recipe takes every module of torch twice, compiled and as source, with the libraries of its
tests. Sources are needed only where torch reads them at run time.
"""

from pathlib import Path

from PyInstaller.utils.hooks import collect_dynamic_libs, collect_submodules, get_package_paths

_FOR_TESTS = ("torchbind_test", "jitbackend_test", "backend_with_compiler", "aoti_custom_ops")
_PATTERNS = ["*.dll", "*.dylib", "*.so", "*.so.*"]

binaries = [
    (source, folder)
    for source, folder in collect_dynamic_libs("torch", search_patterns=_PATTERNS)
    if Path(folder).parts[:2] == ("torch", "lib") and not any(name in source for name in _FOR_TESTS)
]
# torch will not start without it, though only processes that share tensors use it.
helper = Path(get_package_paths("torch")[1]) / "bin" / "torch_shm_manager"
if helper.is_file():
    binaries.append((str(helper), "torch/bin"))
# torch looks for its libraries beside the one that it was loaded from; links elsewhere would mislead it.
bindepend_symlink_suppression = ["**/torch/lib/*.so*"]

# torch reads the comments in its settings, and the signatures of its overloaded functions.
_READ = (
    "torch._dynamo.config",
    "torch._export.config",
    "torch._functorch.config",
    "torch._inductor.config",
    "torch._inductor.config_comms",
    "torch.compiler.config",
    "torch.distributed.config",
    "torch.functional",
    "torch.fx.experimental._config",
    "torch.nn.functional",
    "torch.nn.modules.rnn",
    "torch.utils.serialization.config",
)
module_collection_mode = {"torch": "pyz", **dict.fromkeys(_READ, "pyz+py")}
# Imported by name when torch._dynamo is: an optimiser does that as soon as it is made.
hiddenimports = [
    *collect_submodules("torch._dynamo.polyfills"),
    "torch.onnx.operators",
    "torch.testing._internal.distributed.fake_pg",
]
warn_on_missing_hiddenimports = False
