// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/start/gallery.h"

#include "graph/json.h"
#include "gui/base/caption.h"
#include "gui/base/second_click.h"
#include "gui/base/settings.h"
#include "gui/base/theme.h"
#include "gui/start/graph_picture.h"

#include <QCheckBox>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QListView>
#include <QListWidget>
#include <QPainter>
#include <QPushButton>
#include <QStyledItemDelegate>
#include <QVBoxLayout>

namespace feedline::gui::inline start {

namespace {

constexpr QSize kCardPicture(256, 152);
constexpr int kPad = Theme::kUnit;

/// A card: picture, title, one or two lines.
class CardDelegate : public QStyledItemDelegate {
 public:
  using QStyledItemDelegate::QStyledItemDelegate;

  [[nodiscard]] QSize sizeHint(const QStyleOptionViewItem&, const QModelIndex&) const override {
    const int title = QFontMetrics(Theme::instance().bold_font()).height();
    const int line = QFontMetrics(Theme::instance().small_font()).height();
    return {kCardPicture.width() + 2 * kPad, kCardPicture.height() + title + 2 * line + 4 * kPad};
  }

  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override {
    const Theme& theme = Theme::instance();
    const Theme::Colors& c = theme.colors();
    const bool chosen = option.state.testFlag(QStyle::State_Selected);
    const bool hover = option.state.testFlag(QStyle::State_MouseOver);
    const QRect card = option.rect.adjusted(2, 2, -2, -2);
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(QPen(chosen ? c.accent : hover ? c.muted : c.border, chosen ? 3 : 1));
    painter->setBrush(c.raised);
    painter->drawRoundedRect(card, Theme::kUnit, Theme::kUnit);
    const QRect picture(option.rect.topLeft() + QPoint(kPad, kPad), kCardPicture);
    painter->drawPixmap(picture, index.data(Qt::DecorationRole).value<QPixmap>());
    QRect words(picture.left(), picture.bottom() + kPad, picture.width(),
                option.rect.bottom() - picture.bottom() - 2 * kPad);
    painter->setFont(theme.bold_font());
    painter->setPen(c.text);
    painter->drawText(words, Qt::AlignLeft | Qt::AlignTop, index.data(Qt::DisplayRole).toString());
    words.setTop(words.top() + painter->fontMetrics().height() + 2);
    painter->setFont(theme.small_font());
    painter->setPen(c.muted);
    painter->drawText(words, Qt::AlignLeft | Qt::AlignTop | Qt::TextWordWrap,
                      index.data(GalleryModel::SummaryRole).toString());
    painter->restore();
  }
};

}  // namespace

Gallery::Gallery(QWidget* parent)
    : QDialog(parent), model_([this](const std::string& graph) {
        const Result<Loaded> loaded = from_json(graph);
        return loaded ? graph_picture(loaded->document, kCardPicture, devicePixelRatioF()) : QPixmap();
      }) {
  setWindowTitle(tr("Welcome to Feedline"));
  setObjectName(QStringLiteral("gallery"));
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(3 * Theme::kUnit, 2 * Theme::kUnit, 3 * Theme::kUnit, 2 * Theme::kUnit);
  layout->setSpacing(Theme::kUnit);
  auto* columns = new QHBoxLayout;
  columns->setSpacing(3 * Theme::kUnit);
  QWidget* recent = make_recent();
  recent->setFixedWidth(27 * Theme::kUnit);
  columns->addWidget(recent);
  columns->addWidget(make_examples(), 1);
  layout->addLayout(columns, 1);
  layout->addWidget(make_foot());
  connect(&Theme::instance(), &Theme::changed, &model_, &GalleryModel::forget_pictures);
  const int card = kCardPicture.width() + 2 * kPad + 2 * Theme::kUnit;
  resize(3 * card + 40 * Theme::kUnit, 58 * Theme::kUnit);
  examples_->setFocus();
}

QWidget* Gallery::make_examples() {
  auto* page = new QWidget(this);
  auto* layout = new QVBoxLayout(page);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->addWidget(new Caption(Caption::Tone::Title, tr("Start from an example"), page));
  examples_ = new QListView(page);
  examples_->setObjectName(QStringLiteral("gallery_examples"));
  examples_->setAccessibleName(tr("Examples"));
  examples_->setModel(&model_);
  examples_->setItemDelegate(new CardDelegate(examples_));
  examples_->setViewMode(QListView::IconMode);
  examples_->setMovement(QListView::Static);
  examples_->setResizeMode(QListView::Adjust);
  examples_->setSpacing(Theme::kUnit);
  examples_->setMouseTracking(true);
  examples_->setFrameShape(QFrame::NoFrame);
  examples_->setCurrentIndex(model_.index(0));
  layout->addWidget(examples_, 1);
  connect(examples_, &QListView::clicked, this, &Gallery::choose_example);
  connect(examples_, &QListView::activated, this, &Gallery::choose_example);
  return page;
}

void Gallery::leave() {
  SecondClick::swallow();
  accept();
}

void Gallery::choose_example(const QModelIndex& index) {
  if (!isVisible() || !index.isValid()) return;  // a click may be an activation as well
  leave();
  Q_EMIT example_chosen(index.data(GalleryModel::NameRole).toString());
}

QWidget* Gallery::make_recent() {
  auto* page = new QWidget(this);
  auto* layout = new QVBoxLayout(page);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->addWidget(new Caption(Caption::Tone::Title, tr("Open"), page));
  const auto button = [&](const QString& text, const QString& name, auto act) {
    auto* made = new QPushButton(text, page);
    made->setObjectName(name);
    made->setAutoDefault(false);
    layout->addWidget(made);
    connect(made, &QPushButton::clicked, this, [this, act] {
      leave();
      act();
    });
  };
  button(tr("Train on my &folder…"), QStringLiteral("gallery_folder"), [this] { Q_EMIT folder_wanted(); });
  button(tr("Train on my f&ile…"), QStringLiteral("gallery_file"), [this] { Q_EMIT data_file_wanted(); });
  button(tr("&Empty graph"), QStringLiteral("gallery_empty"), [] {});
  button(tr("&Open a file…"), QStringLiteral("gallery_open"), [this] { Q_EMIT open_wanted(); });
  button(tr("Take the &tour (under a minute)"), QStringLiteral("gallery_tour"), [this] { Q_EMIT tour_wanted(); });
  layout->addSpacing(Theme::kUnit);
  layout->addWidget(new Caption(Caption::Tone::Section, tr("Recent files"), page));
  const QStringList files = Settings::recent_files();
  if (files.isEmpty()) {
    layout->addWidget(new Caption(Caption::Tone::Muted, tr("Files that you open or save are listed here."), page));
    layout->addStretch(1);
    return page;
  }
  auto* list = new QListWidget(page);
  list->setObjectName(QStringLiteral("gallery_recent"));
  list->setAccessibleName(tr("Recent files"));
  list->setFrameShape(QFrame::NoFrame);
  for (const QString& file : files) {
    auto* item = new QListWidgetItem(QFileInfo(file).fileName(), list);
    item->setToolTip(file);
    item->setData(Qt::UserRole, file);
  }
  layout->addWidget(list, 1);
  const auto choose = [this](QListWidgetItem* item) {
    if (!isVisible()) return;
    leave();
    Q_EMIT file_chosen(item->data(Qt::UserRole).toString());
  };
  connect(list, &QListWidget::itemClicked, this, choose);
  connect(list, &QListWidget::itemActivated, this, choose);
  return page;
}

QWidget* Gallery::make_foot() {
  auto* row = new QWidget(this);
  auto* layout = new QHBoxLayout(row);
  layout->setContentsMargins(0, 0, 0, 0);
  auto* again = new QCheckBox(tr("Show this when the window opens"), row);
  again->setChecked(Settings::show_gallery());
  connect(again, &QCheckBox::toggled, this, &Settings::set_show_gallery);
  layout->addWidget(again, 1);
  auto* close = new QPushButton(tr("&Close"), row);
  close->setAutoDefault(false);
  layout->addWidget(close);
  connect(close, &QPushButton::clicked, this, &QDialog::reject);
  return row;
}

}  // namespace feedline::gui::inline start
