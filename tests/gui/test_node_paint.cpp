// SPDX-License-Identifier: GPL-3.0-or-later
// What can be read on a node at each zoom: drawn into pictures, without a window.
#include "base/embedded.h"
#include "graph/edit.h"
#include "graph/json.h"
#include "graph/validate.h"
#include "gui/base/theme.h"
#include "gui/canvas/comment_item.h"
#include "gui/canvas/node_item.h"
#include "gui/canvas/paint_tools.h"
#include "gui/models/text.h"
#include "schema/registry.h"
#include "support/test_program.h"

#include <QGraphicsScene>
#include <QPaintEngine>
#include <QPainter>
#include <QRegularExpression>
#include <QSet>
#include <QStyleOptionGraphicsItem>
#include <QTest>

namespace test_node_paint {

using namespace feedline;
using namespace feedline::gui;

namespace {

constexpr qreal kGap = 15;  ///< about a node, for a bit of the wire

NodeFace face_named(const QString& id) {
  return {.id = id, .title = QStringLiteral("ReLU"), .type = QStringLiteral("relu")};
}

/// What is written, and where, in scene coordinates.
struct Written {
  QString text{};
  QRectF place{};
};

/// Notes what a painter writes, and draws nothing.
class WritingEngine final : public QPaintEngine {
 public:
  explicit WritingEngine(std::vector<Written>& written) : QPaintEngine(AllFeatures), written_(written) {}
  bool begin(QPaintDevice* /*device*/) override { return true; }
  bool end() override { return true; }
  void updateState(const QPaintEngineState& now) override {
    if (now.state().testFlag(DirtyTransform)) transform_ = now.transform();
  }
  void drawTextItem(const QPointF& at, const QTextItem& item) override {
    if (item.text().trimmed().isEmpty()) return;
    const QRectF place(at.x(), at.y() - item.ascent(), item.width(), item.ascent() + item.descent());
    written_.push_back({item.text(), transform_.mapRect(place)});
  }
  void drawPath(const QPainterPath& /*path*/) override {}
  void drawPolygon(const QPointF* /*points*/, int /*count*/, PolygonDrawMode /*mode*/) override {}
  void drawPixmap(const QRectF& /*to*/, const QPixmap& /*picture*/, const QRectF& /*from*/) override {}
  [[nodiscard]] Type type() const override { return User; }

 private:
  std::vector<Written>& written_;
  QTransform transform_{};
};

class WritingDevice final : public QPaintDevice {
 public:
  [[nodiscard]] QPaintEngine* paintEngine() const override { return &engine_; }
  std::vector<Written> written{};

 protected:
  [[nodiscard]] int metric(PaintDeviceMetric metric) const override {
    switch (metric) {
      case PdmWidth:
      case PdmHeight:
        return 10'000;
      case PdmDepth:
        return 32;
      case PdmDpiX:
      case PdmDpiY:
      case PdmPhysicalDpiX:
      case PdmPhysicalDpiY:
        return 96;
      case PdmDevicePixelRatio:
        return 1;
      default:
        return QPaintDevice::metric(metric);
    }
  }

 private:
  mutable WritingEngine engine_{written};
};

std::vector<Written> written_on(QGraphicsItem& item, qreal zoom) {
  WritingDevice device;
  QPainter painter(&device);
  painter.scale(zoom, zoom);
  QStyleOptionGraphicsItem option;
  item.paint(&painter, &option, nullptr);
  painter.end();
  for (Written& text : device.written) text.place = QTransform::fromScale(1 / zoom, 1 / zoom).mapRect(text.place);
  return std::move(device.written);
}

/// What is wrong with the writing on a node: something is cut, or stands outside of its body. Empty: all is well.
QString fault_of(NodeItem& item, qreal zoom) {
  const QRectF room = item.body().adjusted(-0.5, -0.5, 0.5, 0.5);
  for (const Written& text : written_on(item, zoom)) {
    const QString which = QStringLiteral("%1 at %2: \"%3\"").arg(item.face().id).arg(zoom).arg(text.text);
    if (text.text.contains(QChar(0x2026))) return which + QStringLiteral(" is cut");
    const bool badge = text.text.startsWith(QChar(0x2744)) || text.text.startsWith(u"stage ") ||
                       text.text == QStringLiteral("× %1").arg(item.face().repeat);
    if (badge) continue;  // it lies on the border
    if (!room.contains(text.place)) return which + QStringLiteral(" leaves the body");
  }
  return {};
}

bool shows(NodeItem& item, qreal zoom, const QString& wanted) {
  const auto all = written_on(item, zoom);
  return std::any_of(all.begin(), all.end(), [&](const Written& text) { return text.text == wanted; });
}

/// The nodes of every example, and one of every type.
std::vector<NodeFace> all_faces() {
  std::vector<NodeFace> faces;
  for (const EmbeddedFile& file : embedded_examples()) {
    const auto loaded = from_json(file.text);
    if (!loaded) continue;
    const Analysis analysis = analyse(loaded->document);
    const FaceMaker maker(loaded->document, analysis);
    for (const Node& node : loaded->document.nodes()) {
      faces.push_back(maker.face(node));
      faces.back().problem.clear();  // some wait for the user's own file
    }
  }
  Document document;
  for (const auto* spec : Registry::instance().all())
    (void)document.apply({AddNode{{.id = document.free_id(spec->type), .type = spec->type}}});
  const Analysis analysis = analyse(document);
  const FaceMaker maker(document, analysis);
  for (const Node& node : document.nodes()) {
    faces.push_back(maker.face(node));
    faces.back().problem.clear();
  }
  return faces;
}

QImage drawn(QGraphicsItem& item, qreal zoom) {
  QGraphicsScene scene;
  scene.addItem(&item);
  const QRectF area = item.sceneBoundingRect();
  QImage picture((area.size() * zoom).toSize() + QSize(1, 1), QImage::Format_ARGB32);
  picture.fill(Theme::instance().colors().canvas);
  QPainter painter(&picture);
  scene.render(&painter, QRectF(QPointF(), area.size() * zoom), area);
  painter.end();
  scene.removeItem(&item);
  return picture;
}

}  // namespace

class TestNodePaint : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  /// The trainer that freezes stands outside the sub-graph.
  void a_layer_in_a_sub_graph_shows_that_it_is_frozen() {
    Document inner;
    QVERIFY(inner.apply({AddNode{{.id = "conv", .type = "conv2d"}}}));
    Document root;
    QVERIFY(root.apply(
        {AddNode{{.id = "trainer", .type = "trainer", .params = {{"freeze", ValueList{std::string("block/*")}}}}}}));
    const Analysis analysis = analyse(inner);
    FaceMaker maker(inner, analysis, "block");
    QCOMPARE(maker.face(*inner.find("conv")).frozen, Frozen::Nothing);
    maker.freeze_by(root);
    QCOMPARE(maker.face(*inner.find("conv")).frozen, Frozen::Wholly);
  }

  /// Two titles of one layout give two pictures exactly where titles are written.
  void titles_can_be_read_down_to_a_small_zoom_data() {
    QTest::addColumn<double>("zoom");
    QTest::addColumn<bool>("written");
    QTest::newRow("full size") << 1.0 << true;
    QTest::newRow("just above the small print") << text_zoom() << true;
    QTest::newRow("just below it") << text_zoom() - 0.01 << true;
    QTest::newRow("a graph on a small screen") << 0.39 << true;
    QTest::newRow("just readable") << kTitleZoom + 0.01 << true;
    QTest::newRow("a thousand nodes") << kTitleZoom - 0.02 << false;
  }
  void titles_can_be_read_down_to_a_small_zoom() {
    QFETCH(double, zoom);
    QFETCH(bool, written);
    NodeItem one(face_named(QStringLiteral("HHHH")));
    NodeItem other(face_named(QStringLiteral("IIII")));
    QCOMPARE(one.body(), other.body());
    QCOMPARE(drawn(one, zoom) != drawn(other, zoom), written);
  }

  /// Name, ports and one parameter down to half size, the name alone below; nothing is cut or hangs over.
  void nothing_is_cut_down_to_half_size() {
    const std::vector<NodeFace> faces = all_faces();
    QVERIFY(faces.size() > 60);
    for (const NodeFace& face : faces) {
      NodeItem item(face);
      const LiveState stage{.rate = QStringLiteral("1,234/s"), .brief = QStringLiteral("×3")};
      const LiveState trainer{.rate = QStringLiteral("1,234.5 steps/s"), .short_rate = QStringLiteral("1,234.5/s")};
      for (const LiveState* live : {static_cast<const LiveState*>(nullptr), &stage, &trainer}) {
        if (live != nullptr) item.set_live(*live);
        for (const qreal zoom : {1.0, 0.65, 0.5, 0.4, 0.33})
          QVERIFY2(fault_of(item, zoom).isEmpty(), qPrintable(fault_of(item, zoom)));
      }
      QVERIFY2(shows(item, 1.0, face.id), qPrintable(face.id));
      for (const PortFace& port : face.inputs)
        QVERIFY2(shows(item, 0.5, spaced(port.name)), qPrintable(face.id + QLatin1Char('.') + spaced(port.name)));
      for (const PortFace& port : face.outputs)
        QVERIFY2(shows(item, 0.5, spaced(port.name)), qPrintable(face.id + QLatin1Char('.') + spaced(port.name)));
      if (!face.values.empty()) QVERIFY2(shows(item, 0.5, face.values.front().second), qPrintable(face.id));
    }
  }

  /// In its colour, as the trainer cuts the network; what is not part of it has none.
  void a_layer_shows_its_stage() {
    const auto examples = embedded_examples();
    const auto file = std::find_if(examples.begin(), examples.end(),
                                   [](const EmbeddedFile& one) { return one.name == "two-stages.feedline"; });
    QVERIFY(file != examples.end());
    const auto loaded = from_json(file->text);
    QVERIFY(loaded.has_value());
    const Analysis analysis = analyse(loaded->document);
    const FaceMaker maker(loaded->document, analysis);
    for (const auto& [node, stage] : {std::pair("conv1", 1), std::pair("conv2", 2), std::pair("batch", 0)}) {
      NodeItem item(maker.face(*loaded->document.find(node)));
      QCOMPARE(item.face().first_stage, stage);
      QCOMPARE(shows(item, 1.0, QStringLiteral("stage %1").arg(stage)), stage > 0);
    }
  }

  /// From afar, where a pill is large for its node, the type of the layer gives way to it.
  void a_pill_covers_no_writing() {
    NodeFace face = face_named(QStringLiteral("relu1"));
    face.inputs = {{.name = "x"}};
    face.first_stage = face.last_stage = 1;
    NodeItem item(face);
    for (const qreal zoom : {0.28, 0.32, 0.36, 0.4, 0.44}) {
      const auto all = written_on(item, zoom);
      const auto pill = std::find_if(all.begin(), all.end(), [](const Written& one) { return one.text == "stage 1"; });
      if (pill == all.end()) continue;
      for (const Written& text : all)
        QVERIFY2(text.text == pill->text || !text.place.intersects(pill->place),
                 qPrintable(QStringLiteral("%1 at %2").arg(text.text).arg(zoom)));
    }
    QVERIFY(shows(item, 0.36, QStringLiteral("stage 1")));
  }

  /// Long names end lines after "_", and make the header higher.
  void a_long_name_is_whole() {
    NodeFace face = face_named(QStringLiteral("Convolution"));
    face.id = QStringLiteral("the_first_of_many_convolutions_of_the_encoder_64_filters_3x3_s2");
    NodeItem item(face);
    for (const qreal zoom : {1.0, 0.65, 0.5}) {
      QVERIFY2(fault_of(item, zoom).isEmpty(), qPrintable(fault_of(item, zoom)));
      QString all;
      for (const Written& text : written_on(item, zoom)) all += text.text;
      QVERIFY2(all.contains(face.id), qPrintable(all));
    }
  }

  /// Names of every length: one fills its node, longer ones take another line.
  void the_badge_covers_no_writing() {
    std::vector<NodeFace> faces = all_faces();
    for (int length = 1; length <= 40; ++length)
      for (const char letter : {'i', 'n', 'M'}) faces.push_back(face_named(QString(length, QLatin1Char(letter))));
    for (NodeFace& face : faces) {
      face.problem = QStringLiteral("it is wrong");
      NodeItem item(face);
      for (qreal zoom = 1; zoom >= half_zoom(); zoom -= 0.05)
        for (const Written& text : written_on(item, zoom)) {
          const QString which = QStringLiteral("%1 at %2: \"%3\"").arg(face.id).arg(zoom).arg(text.text);
          QVERIFY2(text.text == QLatin1String("!") || !item.badge().intersects(text.place), qPrintable(which));
        }
      for (const qreal zoom : {0.45, 0.4, 0.3, 0.25}) {  // from afar it stands elsewhere
        const std::vector<Written> all = written_on(item, zoom);
        const auto mark = std::find_if(all.begin(), all.end(), [](const Written& text) { return text.text == "!"; });
        QVERIFY(mark != all.end());
        for (const Written& text : all)
          QVERIFY2(text.text == "!" || !mark->place.intersects(text.place), qPrintable(face.id + ' ' + text.text));
      }
    }
  }

  /// At one zoom all names have one size.
  void names_have_one_size() {
    for (const qreal zoom : {1.0, 0.5, 0.4, 0.25}) {
      QSet<int> heights;
      for (const NodeFace& face : all_faces()) {
        NodeItem item(face);
        heights << qRound(written_on(item, zoom).front().place.height() * zoom * 10);
      }
      QCOMPARE(heights.size(), 1);
    }
  }

  /// No letter or two of a name stand alone: a little too long, it is drawn narrower, and what cannot be is broken.
  void a_name_that_nearly_fits_keeps_to_its_line() {
    for (const qreal zoom : {0.45, 0.4, 0.3, 0.25}) {
      NodeItem item(face_named(QStringLiteral("standardise")));
      QVERIFY2(shows(item, zoom, QStringLiteral("standardise")), QByteArray::number(zoom));
      QVERIFY2(fault_of(item, zoom).isEmpty(), qPrintable(fault_of(item, zoom)));
      NodeItem longer(face_named(QString(40, QLatin1Char('n'))));
      QVERIFY(!shows(longer, zoom, longer.face().id));
    }
  }

  /// A note that is too small for its text grows; from afar all of it is there, in smaller letters if need be.
  void a_note_never_loses_its_instruction() {
    const QString text =
        QStringLiteral("Train this for a minute. Then look at Diagnosis, apply the first fix, and prove it: ") +
        QStringLiteral("the strip of pairs shows how sure that is.\nLast, compare both runs.");
    CommentItem note({.id = "note", .text = text.toStdString(), .width = 160, .height = 40}, {});
    QVERIFY(note.boundingRect().height() > 60);
    for (const qreal zoom : {0.6, 0.5, 0.4, 0.3}) {
      QString all;
      for (const Written& line : written_on(note, zoom)) {
        QVERIFY2(note.shape().boundingRect().adjusted(-1, -1, 1, 1).contains(line.place), qPrintable(line.text));
        all += line.text;
      }
      QString wanted = text;
      QCOMPARE(all.remove(QRegularExpression("\\s")), wanted.remove(QRegularExpression("\\s")));
    }
  }

  /// A graph that somebody laid out does not overlap where writing is larger.
  void larger_writing_makes_no_node_larger() {
    NodeItem item(face_named(QStringLiteral("ReLU")));
    const QRectF before = item.body();
    Theme::instance().set_font_scale(2);
    item.restyle();
    const QRectF after = item.body();
    Theme::instance().set_font_scale(1);
    QCOMPARE(after, before);
  }

  /// Wires between neighbours are seen, and notes are read.
  void nodes_of_an_example_stand_apart() {
    for (const EmbeddedFile& file : embedded_examples()) {
      const auto loaded = from_json(file.text);
      if (!loaded) continue;
      const Document& document = loaded->document;
      const Analysis analysis = analyse(document);
      const FaceMaker maker(document, analysis);
      std::vector<std::pair<std::string, QRectF>> placed;
      for (const Node& node : document.nodes())
        placed.emplace_back(node.id, NodeItem(maker.face(node)).body().translated(node.position.x, node.position.y));
      const std::size_t nodes = placed.size();
      for (const Comment& note : document.comments())
        placed.emplace_back(note.id, QRectF(note.position.x, note.position.y, note.width, note.height));
      for (std::size_t i = 0; i < nodes; ++i) {
        const QRectF room = placed[i].second.adjusted(-kGap, -kGap, kGap, kGap);
        for (std::size_t k = 0; k < placed.size(); ++k)
          QVERIFY2(k == i || !room.intersects(placed[k].second),
                   (std::string(file.name) + ": " + placed[i].first + " is on or at " + placed[k].first).c_str());
      }
    }
  }

  void the_rate_is_shown_from_afar() {
    NodeItem item(face_named(QStringLiteral("ReLU")));
    LiveState slow{.rate = QStringLiteral("111/s")};
    item.set_live(slow);
    const QImage before = drawn(item, 0.45);
    LiveState fast = slow;
    fast.rate = QStringLiteral("888/s");
    item.set_live(fast);
    QVERIFY(drawn(item, 0.45) != before);
  }
};

FEEDLINE_WINDOW_TEST(TestNodePaint)

}  // namespace test_node_paint

#include "test_node_paint.moc"
