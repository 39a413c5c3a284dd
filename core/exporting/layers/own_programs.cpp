// SPDX-License-Identifier: GPL-3.0-or-later
// Programs of TorchScript, which go out as they are, with what they have learnt.
#include "exporting/python_text.h"
#include "exporting/writers.h"

#include <fmt/format.h>

namespace feedline::inline exporting {
namespace {

constexpr std::string_view kScriptBeside = R"py(def script_beside(file):
    """A program of TorchScript that lies beside this file; parameters that share their memory are one."""
    program, known = torch.jit.load(str(pathlib.Path(__file__).parent / file), map_location="cpu"), {}
    for part in program.modules():
        for name, tensor in list(part.named_parameters(recurse=False)):
            first = known.setdefault(tensor.data_ptr(), tensor) if tensor.numel() else tensor
            if first is not tensor:
                setattr(part, name, first)
    return program
)py";

Result<WrittenLayer> write_program(const LayerToWrite& layer) {
  const std::string file = program_file(layer.self.substr(layer.self.find('.') + 1));
  return WrittenLayer{.module = fmt::format("script_beside({})", python_string(file)), .helpers = {"script_beside"}};
}

void add_own_programs(Writers& writers) {
  writers.layer("torchscript", write_program);
  writers.leave_out("torchscript", "it is a program of PyTorch");
  writers.helper("script_beside", kScriptBeside);
}

}  // namespace
}  // namespace feedline::inline exporting

FEEDLINE_WRITER(add_own_programs)
