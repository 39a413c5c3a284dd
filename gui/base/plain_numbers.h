// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace feedline::gui::inline base {

/// One way to write numbers, whatever the desktop's language: a point as the decimal sign and commas between thousands,
/// as in files, the command line and reports. (Fields take both decimal signs.) Call it once the application stands,
/// which sets the C library's locale, and before the first widget.
void use_plain_numbers();

}  // namespace feedline::gui::inline base
