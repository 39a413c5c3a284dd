// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What the names of files and folders say about a folder of pictures.

#include <string>
#include <string_view>

namespace feedline::inline base {

/// Does the name end like a picture that can be read?
[[nodiscard]] bool is_picture_name(std::string_view name);
/// ".tif" of "a.TIF"; empty where the name has none, or none that looks like one.
[[nodiscard]] std::string ending_of(std::string_view name);
/// Does this ending belong to pictures of any kind, also those that cannot be read? No ending: perhaps.
[[nodiscard]] bool is_picture_ending(std::string_view ending);
/// A file that systems leave everywhere, of which nobody wants to hear: .DS_Store, Thumbs.db, desktop.ini.
[[nodiscard]] bool is_clutter(std::string_view name);
/// A file that tells of the others: README, LICENSE.txt and the like.
[[nodiscard]] bool is_notice_name(std::string_view name);
/// A folder that systems keep beside one's own: __MACOSX, @eaDir, lost+found.
[[nodiscard]] bool is_system_folder(std::string_view name);

/// The part of a divided data set that a folder's name speaks of.
enum class SplitRole { None, Training, Validation, Test };
/// train, Training, val, valid, validation, dev, test, "testing_set", "train-images" and the like.
[[nodiscard]] SplitRole split_role(std::string_view name);

}  // namespace feedline::inline base
