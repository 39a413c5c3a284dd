// SPDX-License-Identifier: GPL-3.0-or-later
// Files of TorchScript (.pt), before LibTorch is given them: the archive, and the text of its functions.
#include "fuzz_input.h"
#include "nodes/model/script/script_archive.h"

#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace feedline;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const Status fine = check_script_text(text); !fine) fuzz::expect_told(fine.error());
  const fuzz::InputFile input(fuzz::input_bytes(data, size));
  const Status sound = check_script_archive(input.path());
  if (sound) return 0;
  fuzz::expect_told(sound.error());
  if (sound.error().file.empty() || sound.error().parameter != "file" || sound.error().remedy.empty())
    fuzz::found("a file that is refused without its name, parameter or remedy: " + sound.error().line());
  return 0;
}
