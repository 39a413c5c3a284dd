// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/preview/data_panel.h"

#include "base/numbers.h"
#include "graph/subgraph.h"
#include "gui/base/caption.h"
#include "gui/base/in_view.h"
#include "gui/base/theme.h"
#include "gui/commands/document_controller.h"
#include "gui/models/sentence.h"
#include "gui/models/text.h"
#include "gui/preview/facts_header.h"
#include "gui/session/work_fault.h"
#include "plan/open_source.h"
#include "plan/plan.h"
#include "schema/registry.h"

#include <QHBoxLayout>
#include <QPushButton>
#include <QTableView>
#include <QVBoxLayout>

#include <exception>
#include <utility>

namespace feedline::gui::inline preview {
namespace {

constexpr int kDataDebounceMs = 200;
constexpr std::size_t kShownClasses = 8;

Result<std::shared_ptr<const Source>> open_data(const NodeSpec& spec, const ParamMap& params, bool make,
                                                const std::stop_token& stop) {
  const SourceContext context{
      .cache_folder = default_cache_folder(), .stop = stop, .make_nothing = !make, .progress = {}};
  auto source = open_to_report(spec, params, context);
  if (!source) return fail(std::move(source.error()));
  return std::shared_ptr<const Source>(std::move(*source));
}

RecordModel::Page read_page(RecordTable& records, int page, const std::stop_token& stop) {
  RecordModel::Page rows;
  const auto first = static_cast<std::uint64_t>(page) * RecordModel::kPageRows;
  for (std::uint64_t i = first; i < std::min(records.size(), first + RecordModel::kPageRows); ++i) {
    if (stop.stop_requested()) break;
    if (!records.read(i, rows.emplace_back())) rows.back().clear();
  }
  return rows;
}

QString classes_line(const SourceDescription& description) {
  if (description.classes.empty()) return {};
  const std::uint64_t all = description.labelled();
  QStringList parts;
  for (std::size_t i = 0; i < std::min(kShownClasses, description.classes.size()); ++i) {
    const auto& [name, records] = description.classes[i];
    const double share = static_cast<double>(records) / static_cast<double>(std::max<std::uint64_t>(1, all));
    parts << DataPanel::tr("%1 %2 (%3)")
                 .arg(to_qstring(name), to_qstring(numbers::count(records)), to_qstring(numbers::percent(share)));
  }
  if (description.classes.size() > kShownClasses)
    parts << DataPanel::tr("%1 more").arg(description.classes.size() - kShownClasses);
  return (description.counted ? DataPanel::tr("Classes: %1") : DataPanel::tr("Classes of the sample: %1"))
      .arg(parts.join(QStringLiteral(", ")));
}

/// With the file, which the panel names nowhere else.
QString told(const Error& error) {
  return error.file.empty() ? sentence(error) : to_qstring(error.file) + QStringLiteral(": ") + sentence(error);
}

}  // namespace

DataPanel::DataPanel(QWidget* parent)
    : QWidget(parent),
      title_(new Caption(Caption::Tone::Section, {}, this)),
      about_(new Caption(Caption::Tone::Muted, {}, this)),
      classes_(new Caption(Caption::Tone::Muted, {}, this)),
      hint_(new Caption(Caption::Tone::Muted, {}, this)),
      make_(new QPushButton(tr("Make them"), this)),
      table_(new QTableView(this)),
      reader_(
          // What is open stays open for the next page.
          [target = Target(), data = std::shared_ptr<const Source>(), records = std::shared_ptr<RecordTable>()](
              const Question& asked, const std::stop_token& stop) mutable {
            Answer answer{.page = asked.page};
            try {
              if (records == nullptr || target != asked.target || asked.make) {
                records.reset();
                auto source = open_data(*asked.target.spec, asked.target.params, asked.make, stop);
                if (!source) {
                  answer.error = std::move(source.error());
                  return answer;
                }
                data = std::move(*source);
                records = std::make_shared<RecordTable>(data);
                target = asked.target;
              }
              if (asked.fresh) {
                answer.source = data;
                answer.columns = records->columns();
                answer.left_out = records->left_out();
              }
              answer.rows = read_page(*records, asked.page, stop);
            } catch (const std::exception& failure) {
              answer.error = work_fault(failure);
            }
            return answer;
          },
          [this](Answer answer) { receive(std::move(answer)); }),
      describer_(
          [](const std::shared_ptr<const Source>& source, const std::stop_token& stop) {
            Described described;
            RecordTable records(source);
            auto found = describe_source(records, {.stop = stop});
            if (found)
              described.description = std::move(*found);
            else
              described.error = std::move(found.error());
            return described;
          },
          [this](const Described& described) { describe(described); }) {
  build();
  debounce_.setSingleShot(true);
  debounce_.setInterval(kDataDebounceMs);
  connect(&debounce_, &QTimer::timeout, this, &DataPanel::look);
  connect(&model_, &RecordModel::page_wanted, this, &DataPanel::later_look, Qt::QueuedConnection);
  connect(make_, &QPushButton::clicked, this, [this] {
    show_hint(tr("Making the data…"));
    ask_afresh(true);
  });
  new PaintNotifier(this, [this] {
    if (unseen_ && !debounce_.isActive()) later_look();
  });
}

void DataPanel::build() {
  setObjectName(QStringLiteral("data_panel"));
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(Theme::kUnit, Theme::kUnit / 2, Theme::kUnit, Theme::kUnit / 2);
  layout->setSpacing(Theme::kUnit / 2);
  auto* head = new QHBoxLayout;
  title_->setWordWrap(false);
  head->addWidget(title_);
  head->addWidget(about_, 1);
  layout->addLayout(head);
  classes_->setObjectName(QStringLiteral("data_classes"));
  layout->addWidget(classes_);
  hint_->setObjectName(QStringLiteral("data_hint"));
  layout->addWidget(hint_);
  make_->setObjectName(QStringLiteral("make_data"));
  layout->addWidget(make_, 0, Qt::AlignLeft);
  table_->setObjectName(QStringLiteral("data_table"));
  table_->setAccessibleName(tr("Records of the source"));
  table_->setHorizontalHeader(new FactsHeader(model_, table_));
  table_->setModel(&model_);
  table_->setWordWrap(false);
  table_->setEditTriggers(QAbstractItemView::NoEditTriggers);
  table_->setTabKeyNavigation(false);
  table_->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
  table_->verticalHeader()->setDefaultSectionSize(3 * Theme::kUnit);
  layout->addWidget(table_, 1);
  layout->addStretch(0);
  connect(&Theme::instance(), &Theme::changed, table_, [this] { table_->horizontalHeader()->updateGeometry(); });
  show_hint(tr("The records of the source that is selected stand here as a table."));
}

void DataPanel::show_document(DocumentController& document) {
  if (document_ != nullptr) disconnect(document_, nullptr, this, nullptr);
  document_ = &document;
  connect(&document, &DocumentController::changed, this, &DataPanel::later_look);
  show_nodes({});
}

void DataPanel::show_nodes(const QStringList& ids) {
  selected_ = ids.size() == 1 ? ids.front() : QString();
  later_look();
}

void DataPanel::later_look() {
  if (!debounce_.isActive()) debounce_.start();
}

std::optional<DataPanel::Target> DataPanel::find_target() const {
  std::optional<Target> found;
  if (document_ == nullptr) return found;
  each_node(document_->document(), [&](const std::string& path, const Node& node) {
    const NodeSpec* spec = Registry::instance().find(node.type);
    if (spec == nullptr || !spec->open) return;
    if (!found || path == selected_.toStdString())
      found = Target{.node = path, .spec = spec, .params = spec->complete(node.params)};
  });
  return found;
}

void DataPanel::look() {
  unseen_ = !in_view(*this);
  if (unseen_) return;
  std::optional<Target> target = find_target();
  if (target == target_) {  // nothing new but a page, perhaps
    if (target_ && model_.wanted_page() >= 0) reader_.ask({.target = *target_, .page = model_.wanted_page()});
    return;
  }
  target_ = std::move(target);
  describer_.cancel();
  model_.clear();
  title_->setText(target_ ? to_qstring(target_->node) : QString());
  about_->clear();
  classes_->clear();
  if (!target_) {
    reader_.cancel();
    return show_hint(tr("This graph has no source yet."));
  }
  for (const ParamSpec& param : target_->spec->params) {
    const Status fine = param.check(target_->params[param.name]);
    if (fine) continue;
    reader_.cancel();
    return show_hint(told(fine.error()));
  }
  show_hint(tr("Opening the data…"));
  ask_afresh(false);
}

void DataPanel::ask_afresh(bool make) { reader_.ask({.target = *target_, .fresh = true, .make = make}); }

void DataPanel::show_hint(const QString& text, bool can_make) {
  hint_->setText(text);
  hint_->setVisible(!text.isEmpty());
  make_->setVisible(can_make);
  table_->setVisible(text.isEmpty());
  classes_->setVisible(text.isEmpty() && !classes_->text().isEmpty());
}

void DataPanel::receive(Answer answer) {
  if (answer.error) {
    if (answer.error->code == ErrorCode::Cancelled)
      return show_hint(tr("These data are generated, and have not been made yet. A run makes them, or do it now:"),
                       true);
    return show_hint(told(*answer.error));
  }
  if (answer.source != nullptr) {
    left_out_ = answer.left_out;
    const std::uint64_t records = answer.source->size();
    model_.set_columns(std::move(answer.columns), records);
    about_->setText(tr("%1 records · looking at a sample…").arg(to_qstring(numbers::count(records))));
    show_hint({});
    describer_.ask(std::move(answer.source));
  }
  model_.set_page(answer.page, std::move(answer.rows));
  if (model_.wanted_page() >= 0) later_look();
}

void DataPanel::describe(const Described& described) {
  if (described.error) {
    about_->setText(told(*described.error));
    return;
  }
  const SourceDescription& found = described.description;
  QStringList parts;
  parts << tr("%1 records").arg(to_qstring(numbers::count(found.records)));
  parts << count_text(static_cast<qsizetype>(found.columns.size()), tr("1 column"), tr("%1 columns"));
  if (left_out_ > 0) parts << tr("%1 more are not shown").arg(left_out_);
  if (found.sampled < found.records)
    parts << tr("facts of a sample of %1").arg(to_qstring(numbers::count(found.sampled)));
  if (found.bad > 0) parts << tr("%1 of them unreadable").arg(found.bad);
  if (found.records > RecordModel::kMostRows)
    parts << tr("the first %1 are listed").arg(to_qstring(numbers::count(RecordModel::kMostRows)));
  about_->setText(parts.join(QStringLiteral(" · ")));
  classes_->setText(classes_line(found));
  classes_->setVisible(!classes_->text().isEmpty());
  model_.set_facts(found.facts);
}

}  // namespace feedline::gui::inline preview
