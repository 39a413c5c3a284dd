// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/normal_form.h"

#include <algorithm>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>
#include <vector>

namespace feedline::inline base {
namespace {

constexpr std::size_t kLongestName = std::size_t{1} << 16;  // names are shorter; sizes stay within int32

/// UTF-16, or empty where the text is no UTF-8.
std::vector<UChar> wide(std::string_view text) {
  std::vector<UChar> out(text.size() + 1);
  std::int32_t length = 0;
  UErrorCode error = U_ZERO_ERROR;
  u_strFromUTF8(out.data(), static_cast<std::int32_t>(out.size()), &length, text.data(),
                static_cast<std::int32_t>(text.size()), &error);
  out.resize(U_SUCCESS(error) ? static_cast<std::size_t>(length) : 0);
  return out;
}

}  // namespace

std::string normal_form(std::string_view text) {
  std::string same(text);
  const bool ascii = std::all_of(text.begin(), text.end(), [](char c) { return static_cast<signed char>(c) >= 0; });
  if (ascii || text.size() > kLongestName) return same;
  const std::vector<UChar> in = wide(text);
  UErrorCode error = U_ZERO_ERROR;
  const UNormalizer2* nfc = unorm2_getNFCInstance(&error);
  if (in.empty() || U_FAILURE(error)) return same;

  std::vector<UChar> out(3 * in.size() + 1);  // the most that NFC may grow by
  const std::int32_t length = unorm2_normalize(nfc, in.data(), static_cast<std::int32_t>(in.size()), out.data(),
                                               static_cast<std::int32_t>(out.size()), &error);
  if (U_FAILURE(error)) return same;
  std::string normal(static_cast<std::size_t>(length) * 3 + 1, '\0');
  std::int32_t bytes = 0;
  u_strToUTF8(normal.data(), static_cast<std::int32_t>(normal.size()), &bytes, out.data(), length, &error);
  if (U_FAILURE(error)) return same;
  normal.resize(static_cast<std::size_t>(bytes));
  return normal;
}

}  // namespace feedline::inline base
