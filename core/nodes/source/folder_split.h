// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "nodes/source/folder_scan.h"
#include "schema/source_report.h"

#include <string>
#include <vector>

namespace feedline::inline nodes {

/// Finds out from its sub-folders (those that hold pictures) whether `root` is the parent of train and val rather than
/// of classes, and fills split and refusal of `report`; or deeper, where the only class holds the classes.
///
/// It is such a parent where all sub-folders are named after parts of a data set, and there are two, or the one holds
/// folders with pictures; or where training and another part are among other folders and hold only folders with
/// pictures. A class called "train" among cars and ships is none.
void check_folder_split(const std::string& root, const std::vector<SubfolderShape>& shapes, SourceReport& report);

}  // namespace feedline::inline nodes
