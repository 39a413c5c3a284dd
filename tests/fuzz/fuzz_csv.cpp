// SPDX-License-Identifier: GPL-3.0-or-later
// Tables in text files: encoding, dialect, rows, columns, cells.
#include "fuzz_input.h"
#include "nodes/source/table/csv_source.h"

#include <algorithm>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace feedline;
  constexpr std::uint64_t kMostRows = 100;
  const fuzz::InputFile input(fuzz::input_bytes(data, size));
  CsvRequest request;
  request.file = input.path();
  auto source = open_csv(request, input.context());
  if (!source) {
    fuzz::expect_told(source.error());
    return 0;
  }
  std::vector<Datum> values((*source)->outputs().size());
  std::vector<Datum*> out;
  for (Datum& value : values) out.push_back(&value);
  // From the end, so that every row is looked for by the index.
  const std::uint64_t rows = std::min((*source)->size(), kMostRows);
  for (std::uint64_t i = rows; i-- > 0;) {
    if (const Status read = (*source)->read(i, out); !read) {
      fuzz::expect_told(read.error());
      if (read.error().code != ErrorCode::BadRecord) fuzz::found("a bad row is no bad record: " + read.error().line());
    }
    if ((*source)->locate(i).empty()) fuzz::found("a row that lies nowhere");
  }
  return 0;
}
