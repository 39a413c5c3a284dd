// SPDX-License-Identifier: GPL-3.0-or-later
// From data to a whole graph: what lies at a path, what is in it, and the graph that learns from it.
#include "engine/data_at.h"
#include "graph/json.h"
#include "graph/validate.h"
#include "plan/plan.h"
#include "support/archives.h"
#include "support/fixtures.h"
#include "support/places.h"
#include "support/small_data.h"
#include "support/test_program.h"

#include <QDir>
#include <QDirIterator>
#include <QTemporaryDir>
#include <QTest>

namespace test_starter {

using namespace feedline;
using namespace feedline::test;

namespace {

QString text_of(const ParamMap& params, const char* name) {
  const auto found = params.find(name);
  return found == params.end() ? QString() : QString::fromStdString(std::get<std::string>(found->second));
}

QByteArray line_of(const Analysis& analysis) {
  return analysis.problems.empty() ? QByteArray() : QByteArray::fromStdString(analysis.problems.front().error.line());
}

}  // namespace

class TestStarter : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;

  [[nodiscard]] QString path(const QString& name) const { return folder_.filePath(name); }
  [[nodiscard]] SourceContext context() const {
    return {.cache_folder = path("cache").toStdString(), .stop = {}, .progress = {}};
  }
  [[nodiscard]] Result<StarterData> look(const QString& at) const {
    auto data = data_at(at.toStdString());
    return data ? look_into(std::move(*data), context()) : data;
  }
  void write_idx(const QString& part, int count, std::uint32_t height, std::uint32_t width) const {
    const QByteArray pixels = counting(static_cast<qsizetype>(count) * height * width);
    write_file(path(part + "-images-idx3-ubyte"),
               idx_bytes({static_cast<std::uint32_t>(count), height, width}, pixels));
    write_file(path(part + "-labels-idx1-ubyte"), idx_labels(count, 4));
  }

 private Q_SLOTS:
  void parents_of_train_and_val_are_known_data() {
    QTest::addColumn<QStringList>("folders");
    QTest::addColumn<QString>("training");
    QTest::addColumn<QString>("validation");
    const auto row = [](const char* name, const QStringList& folders, const char* training, const char* validation) {
      QTest::newRow(name) << folders << QString(training) << QString(validation);
    };
    row("train, val", {"train/a", "train/b", "val/a"}, "train", "val");
    row("capitals", {"Training/a", "VALID/a"}, "Training", "VALID");
    row("validation rather than test", {"train/a", "test/a", "validation/a"}, "train", "validation");
    row("test where there is nothing else", {"train/a", "test/a"}, "train", "test");
    row("junk beside them", {"train/a", "val/a", "__MACOSX/train", ".git/x"}, "train", "val");
    row("classes of their own", {"train/old", "plane/new", "test/x"}, "", "");
    row("trains and tests as classes", {"train", "test"}, "", "");
    row("only train", {"train/a"}, "", "");
  }
  void parents_of_train_and_val_are_known() {
    QFETCH(QStringList, folders);
    QFETCH(QString, training);
    QFETCH(QString, validation);
    const QString root = path(QString("split-") + QTest::currentDataTag());
    for (const QString& folder : folders) QDir().mkpath(root + '/' + folder);
    const auto data = data_at(root.toStdString());
    QVERIFY(data);
    QCOMPARE(QString::fromStdString(data->type), QString("image_folder"));
    QCOMPARE(text_of(data->training, "folder"), training.isEmpty() ? root : root + '/' + training);
    QCOMPARE(data->validation.has_value(), !validation.isEmpty());
    if (data->validation) QCOMPARE(text_of(*data->validation, "folder"), root + '/' + validation);
  }

  void what_nothing_reads_is_told_with_a_remedy() {
    for (const char* name : {"cat.JPG", "set.7z", "film.mp4", "notes.txt"}) {
      write_file(path(name), "x");
      const auto data = data_at(path(name).toStdString());
      QVERIFY2(!data && !data.error().remedy.empty(), name);
      QVERIFY2(data.error().line().find(name) != std::string::npos, name);
    }
    QVERIFY(data_at(path("set.7z").toStdString()).error().remedy.find("Unpack") == 0);
    QVERIFY(!data_at(path("nothing here").toStdString()));
  }

  void graphs_fit_their_data_data() {
    QTest::addColumn<int>("side");
    QTest::addColumn<bool>("split");
    QTest::addColumn<int>("input");
    QTest::newRow("icons") << 20 << false << 24;
    QTest::newRow("small pictures") << 64 << false << 64;
    QTest::newRow("small pictures in train and val") << 32 << true << 32;
    QTest::newRow("photos") << 150 << false << 128;
    QTest::newRow("photos in train and val") << 150 << true << 128;
  }
  /// Each is planned as for a run, which opens the files.
  void graphs_fit_their_data() {
    QFETCH(int, side);
    QFETCH(bool, split);
    QFETCH(int, input);
    const QString root = path(QString("fit-") + QTest::currentDataTag());
    write_picture_folder(root + (split ? "/train" : ""), 30, side);
    if (split) write_picture_folder(root + "/val", 5, side);
    const auto data = look(root);
    QVERIFY2(data, data ? "" : data.error().line().c_str());
    QCOMPARE(data->classes, std::int64_t{2});
    QCOMPARE(data->records, std::uint64_t{60});
    QCOMPARE(data->validation_records, std::uint64_t(split ? 10 : 0));
    QCOMPARE(QString::fromStdString(size_text(*data)),
             split ? QString("2 classes, 60 pictures and 10 for validation") : QString("2 classes, 60 pictures"));
    QCOMPARE(data->width, std::int64_t{side});
    const auto graph = starter_graph(*data);
    QVERIFY2(graph, graph ? "" : graph.error().line().c_str());
    const Analysis analysis = analyse(*graph);
    QVERIFY2(analysis.problems.empty(), line_of(analysis));
    const auto plan = make_plan(*graph, {.sources = context()});
    QVERIFY2(plan, plan ? "" : plan.error().line().c_str());
    QCOMPARE((*plan)->train.fields.front().record.shape.back().size(), std::int64_t{input});
    QVERIFY((*plan)->validation.has_value());
    QCOMPARE((*plan)->validation->sampler.count, std::uint64_t(split ? 10 : 12));
    QVERIFY((*plan)->train.batch.size == 8);  // few records: small batches, so that an epoch has some steps
    QCOMPARE((*plan)->network()->layers.back().output.shape.back().size(), std::int64_t{2});
    QVERIFY(graph->title().find("fit-") != std::string::npos);
    QCOMPARE(from_json(to_json(*graph))->document, *graph);
  }

  void idx_files_are_found_with_those_for_testing_data() {
    QTest::addColumn<int>("height");
    QTest::addColumn<int>("width");
    QTest::addColumn<bool>("test");
    QTest::addColumn<int>("input");
    QTest::newRow("28x28") << 28 << 28 << true << 28;
    QTest::newRow("without test") << 28 << 28 << false << 28;
    QTest::newRow("not square") << 20 << 30 << true << 32;
    QTest::newRow("large") << 120 << 120 << false << 96;
  }
  void idx_files_are_found_with_those_for_testing() {
    QFETCH(int, height);
    QFETCH(int, width);
    QFETCH(bool, test);
    QFETCH(int, input);
    const QString root = QString("idx-") + QTest::currentDataTag();
    write_idx(root + "/train", 40, static_cast<std::uint32_t>(height), static_cast<std::uint32_t>(width));
    if (test) write_idx(root + "/t10k", 12, static_cast<std::uint32_t>(height), static_cast<std::uint32_t>(width));
    for (const QString& at : {path(root), path(root + "/train-labels-idx1-ubyte")}) {
      const auto data = look(at);
      QVERIFY2(data, data ? "" : data.error().line().c_str());
      QCOMPARE(data->validation_records, std::uint64_t(test ? 12 : 0));
      const auto graph = starter_graph(*data);
      QVERIFY2(graph, graph ? "" : graph.error().line().c_str());
      const auto plan = make_plan(*graph, {.sources = context()});
      QVERIFY2(plan, plan ? "" : plan.error().line().c_str());
      QCOMPARE((*plan)->train.fields.front().record.shape.back().size(), std::int64_t{input});
      QCOMPARE((*plan)->validation->sampler.count, std::uint64_t(test ? 12 : 8));
    }
  }

  void labels_without_pictures_are_told() {
    write_file(path("alone/train-labels-idx1-ubyte"), idx_labels(4));
    const auto data = look(path("alone"));
    QVERIFY(!data);
    const auto file = look(path("alone/train-labels-idx1-ubyte"));
    QVERIFY(!file);
    QCOMPARE(QString::fromStdString(file.error().parameter), QString("images"));
  }

  void files_are_known_by_their_names_data() {
    QTest::addColumn<QStringList>("files");
    QTest::addColumn<QString>("type");
    QTest::addColumn<QString>("param");
    QTest::addColumn<QString>("training");
    QTest::addColumn<QString>("validation");
    const auto row = [](const QStringList& files, const char* type, const char* training, const char* validation,
                        const char* param = "file") {
      QTest::newRow(qPrintable(files.join(' '))) << files << type << param << training << validation;
    };
    row({"iris.csv"}, "csv", "iris.csv", "");
    row({"adult-train.csv", "adult-test.csv"}, "csv", "adult-train.csv", "adult-test.csv");
    row({"Train.tsv.gz", "Val.tsv.gz"}, "csv", "Train.tsv.gz", "Val.tsv.gz");
    row({"adult.data"}, "csv", "adult.data", "");
    row({"Stops.DAT.gz"}, "csv", "Stops.DAT.gz", "");
    row({"shop.sqlite3"}, "sqlite", "shop.sqlite3", "");
    row({"flowers.ZIP"}, "archive", "flowers.ZIP", "");
    row({"flowers.tar.gz"}, "archive", "flowers.tar.gz", "");
    row({"set.npz"}, "npy", "set.npz", "", "labels");
    row({"x_train.npy", "y_train.npy", "x_test.npy", "y_test.npy"}, "npy", "y_train.npy", "y_test.npy", "labels");
    row({"images.npy", "labels.npy"}, "npy", "labels.npy", "", "labels");
    row({"SMSSpamCollection"}, "text_lines", "SMSSpamCollection", "");
    row({"reviews.txt"}, "text_lines", "reviews.txt", "");
  }
  void files_are_known_by_their_names() {
    QFETCH(QStringList, files);
    QFETCH(QString, type);
    QFETCH(QString, param);
    QFETCH(QString, training);
    QFETCH(QString, validation);
    const QString folder = QString("named-") + QString::number(qHash(files.join(' '))) + '/';
    for (const QString& file : files) write_file(path(folder + file), "ham\tYes.\n");
    const auto data = data_at(path(folder + files.front()).toStdString());
    QVERIFY2(data, data ? "" : data.error().line().c_str());
    QCOMPARE(QString::fromStdString(data->type), type);
    QCOMPARE(text_of(data->training, qPrintable(param)), path(folder + training));
    QCOMPARE(data->validation.has_value(), !validation.isEmpty());
    if (data->validation) QCOMPARE(text_of(*data->validation, qPrintable(param)), path(folder + validation));
  }

  void folders_of_texts_and_cifar_files_are_known() {
    for (const char* name :
         {"texts/good/1.txt", "texts/bad/2.txt", "imdb/train/pos/1.txt", "imdb/train/neg/2.txt", "imdb/test/pos/1.txt",
          "imdb/test/neg/2.txt", "cifar/data_batch_1.bin", "cifar/test_batch.bin"})
      write_file(path(name), "x");
    const auto texts = data_at(path("texts").toStdString());
    QVERIFY(texts);
    QCOMPARE(QString::fromStdString(texts->type), QString("text_folder"));
    QCOMPARE(text_of(texts->training, "folder"), path("texts"));
    const auto split = data_at(path("imdb").toStdString());
    QVERIFY(split && split->validation);
    QCOMPARE(QString::fromStdString(split->type), QString("text_folder"));
    QCOMPARE(text_of(*split->validation, "folder"), path("imdb/test"));
    for (const char* at : {"cifar", "cifar/data_batch_1.bin"}) {
      const auto cifar = data_at(path(at).toStdString());
      QVERIFY(cifar && cifar->validation);
      QCOMPARE(QString::fromStdString(cifar->type), QString("cifar10"));
      QCOMPARE(text_of(cifar->training, "folder"), path("cifar"));
    }
  }

  void files_of_a_class_each_are_known_data() {
    QTest::addColumn<QStringList>("files");
    QTest::addColumn<QString>("training");  // none: it is something else
    QTest::addColumn<QString>("validation");
    QTest::newRow("names") << QStringList{"positive.txt", "negative.txt", "README"} << "."
                           << "";
    QTest::newRow("endings") << QStringList{"polarity.pos", "polarity.neg"} << "."
                             << "";
    QTest::newRow("parts") << QStringList{"train/a.txt", "train/b.txt", "test/a.txt", "test/b.txt"} << "train"
                           << "test";
    QTest::newRow("one file") << QStringList{"positive.txt"} << ""
                              << "";
    QTest::newRow("a program") << QStringList{"main.py", "tools.py"} << ""
                               << "";
    QTest::newRow("beside a table") << QStringList{"a.txt", "b.txt", "c.csv"} << ""
                                    << "";
  }
  void files_of_a_class_each_are_known() {
    QFETCH(QStringList, files);
    QFETCH(QString, training);
    QFETCH(QString, validation);
    const QString root = path(QString("lines of ") + QTest::currentDataTag());
    for (const QString& file : files)
      write_file(root + '/' + file, QByteArray("One text.\nAnother one, longer.\n").repeated(6 + file.size() % 3));
    const auto data = data_at(root.toStdString());
    QCOMPARE(data && data->type == "text_files", !training.isEmpty());
    if (training.isEmpty()) return;
    QCOMPARE(text_of(data->training, "folder"), QDir::cleanPath(root + '/' + training));
    QCOMPARE(data->validation.has_value(), !validation.isEmpty());
    if (data->validation) QCOMPARE(text_of(*data->validation, "folder"), root + '/' + validation);
    const auto looked = look(root);
    QVERIFY2(looked, looked ? "" : looked.error().line().c_str());
    QVERIFY(looked->form == StarterForm::Texts && looked->classes == 2);
    const auto graph = starter_graph(*looked);
    QVERIFY2(graph, graph ? "" : graph.error().line().c_str());
    const auto plan = make_plan(*graph, {.sources = context()});
    QVERIFY2(plan, plan ? "" : plan.error().line().c_str());
    if (!validation.isEmpty()) return;
    const auto dropped = data_at((root + '/' + files.front()).toStdString());
    QVERIFY(dropped && dropped->type == "text_files");
    QCOMPARE(text_of(dropped->training, "folder"), root);
  }

  void an_archive_is_divided_as_its_folders_are() {
    ArchiveContent content;
    for (const char* part : {"train", "test"})
      for (const char* name : {"a", "b"})
        for (int i = 0; i < 12; ++i)
          content.emplace_back(std::string("set/") + part + "/" + name + "/" + std::to_string(i) + ".jpg",
                               jpeg_of(32, 32, static_cast<std::uint8_t>(20 * i), 90, 90));
    write_archive(path("set.tar"), content, ArchiveStyle::Ustar);
    const auto data = look(path("set.tar"));
    QVERIFY2(data, data ? "" : data.error().line().c_str());
    QCOMPARE(text_of(data->training, "inside"), QString("set/train"));
    QVERIFY(data->validation);
    QCOMPARE(text_of(*data->validation, "inside"), QString("set/test"));
    QCOMPARE(QString::fromStdString(size_text(*data)), QString("2 classes, 24 pictures and 24 for validation"));
    const auto graph = starter_graph(*data);
    QVERIFY2(graph, graph ? "" : graph.error().line().c_str());
    const auto plan = make_plan(*graph, {.sources = context()});
    QVERIFY2(plan, plan ? "" : plan.error().line().c_str());
  }

  void arrays_are_pictures_or_numbers() {
    const auto npy = [](const QByteArray& descr, const QByteArray& shape, const QByteArray& data) {
      QByteArray text = "{'descr': '" + descr + "', 'fortran_order': False, 'shape': " + shape + ", }";
      text = text.leftJustified(117, ' ') + '\n';
      return QByteArray("\x93NUMPY\x01\x00\x76\x00", 10) + text + data;
    };
    QByteArray classes(40, '\0');
    for (int i = 0; i < 40; ++i) classes[i] = static_cast<char>(i % 3);
    write_file(path("arrays/y.npy"), npy("|u1", "(40,)", classes));
    write_file(path("arrays/x.npy"), npy("|u1", "(40, 20, 20)", counting(40 * 400)));
    const auto pictures = look(path("arrays/x.npy"));
    QVERIFY2(pictures, pictures ? "" : pictures.error().line().c_str());
    QVERIFY(pictures->form == StarterForm::Pictures && pictures->classes == 3 && pictures->width == 20);
    auto graph = starter_graph(*pictures);
    QVERIFY2(graph, graph ? "" : graph.error().line().c_str());
    QVERIFY(make_plan(*graph, {.sources = context()}));
    write_file(path("arrays/x.npy"), npy("<f8", "(40, 5)", QByteArray(40 * 5 * 8, '\0')));
    const auto numbers = look(path("arrays/x.npy"));
    QVERIFY2(numbers, numbers ? "" : numbers.error().line().c_str());
    QVERIFY(numbers->form == StarterForm::Features);
    QCOMPARE(text_of(numbers->training, "holds"), QString("features"));
    QCOMPARE(QString::fromStdString(size_text(*numbers)), QString("3 classes, 40 records"));
    graph = starter_graph(*numbers);
    QVERIFY2(graph, graph ? "" : graph.error().line().c_str());
    const auto plan = make_plan(*graph, {.sources = context()});
    QVERIFY2(plan, plan ? "" : plan.error().line().c_str());
    QCOMPARE(from_json(to_json(*graph))->document, *graph);
  }

  void a_table_is_looked_at_by_its_rows() {
    QByteArray table = "class,size,colour,note,kind\n";
    QByteArray texts = "headline,kind\n";
    QByteArray pictures = "file,kind\n";
    for (int i = 0; i < 60; ++i) {
      const QByteArray number = QByteArray::number(i);
      table += (i % 2 == 0 ? "cup," : "pot,") + number + ",colour " + number + (i % 3 == 0 ? ",,a\n" : ",,b\n");
      texts += "A headline of some length about the matter number " + number + (i % 2 == 0 ? ",good\n" : ",bad\n");
      pictures += number + ".jpg," + (i % 2 == 0 ? "cup\n" : "pot\n");
      write_file(path("list/" + QString::number(i) + ".jpg"), jpeg_of(32, 32, static_cast<std::uint8_t>(4 * i), 9, 9));
    }
    write_file(path("list/table.csv"), table);
    write_file(path("list/texts.csv"), texts);
    write_file(path("list/pictures.csv"), pictures);
    const auto list = look(path("list/pictures.csv"));
    QVERIFY2(list, list ? "" : list.error().line().c_str());
    QCOMPARE(QString::fromStdString(list->type), QString("image_list"));
    QCOMPARE(QString::fromStdString(size_text(*list)), QString("2 classes, 60 pictures"));
    const auto graph = starter_graph(*list);
    QVERIFY2(graph, graph ? "" : graph.error().line().c_str());
    QVERIFY(make_plan(*graph, {.sources = context()}));

    const auto long_texts = look(path("list/texts.csv"));
    QVERIFY2(long_texts, long_texts ? "" : long_texts.error().line().c_str());
    QVERIFY(long_texts->form == StarterForm::RowTexts);
    QCOMPARE(QString::fromStdString(long_texts->text_column), QString("headline"));
    const auto rows = look(path("list/table.csv"));
    QVERIFY2(rows, rows ? "" : rows.error().line().c_str());
    QVERIFY(rows->form == StarterForm::Rows && rows->columns == 2 && rows->classes == 2);
    QCOMPARE(QString::fromStdString(to_text(rows->training.at("ignore"))),
             QString("colour, note"));  // they tell nothing
    QCOMPARE(text_of(rows->training, "label"), QString("class"));
    for (const auto& data : {*rows, *long_texts}) {
      const auto made = starter_graph(data);
      if (!made && made.error().reason.find("lacks") != std::string::npos) QSKIP("nodes of tables or texts are absent");
      QVERIFY2(made, made ? "" : made.error().line().c_str());
      const Analysis analysis = analyse(*made);
      QVERIFY2(analysis.problems.empty(), line_of(analysis));
    }
  }

  void texts_that_are_tables_are_known_by_their_lines_data() {
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("type");
    QTest::newRow("bars") << QByteArray("when|unit|power\r\n1|a|99\r\n2|b|98\r\n") << "csv";
    QTest::newRow("three columns of tabs") << QByteArray("a\tb\ty\n1\t2\tp\n\n3\t4\tq\n") << "csv";
    QTest::newRow("a class and a text") << QByteArray("ham\tOne, two\nspam\tThree, four\nham\tFive, six\n")
                                        << "text_lines";
    QTest::newRow("longer than the first look") << QByteArray("12,34,56\n").repeated(4000) << "csv";
    QTest::newRow("prose") << QByteArray("Call me Ishmael.\nSome years ago, never mind how long,\nI sailed.\n") << "";
    QTest::newRow("binary") << QByteArray("a,b\n\0,c\n1,2\n", 12) << "";
  }
  void texts_that_are_tables_are_known_by_their_lines() {
    QFETCH(QByteArray, bytes);
    QFETCH(QString, type);
    for (const char* name : {"text", "text.txt"}) {
      write_file(path(name), bytes);
      const auto data = data_at(path(name).toStdString());
      QCOMPARE(data ? QString::fromStdString(data->type) : QString(), type);
    }
  }

  void labels_of_tables_are_chosen_data() {
    QTest::addColumn<QByteArray>("head");
    QTest::addColumn<QByteArray>("row");  // %1: the row's number, %2: the same modulo 3
    QTest::addColumn<QString>("label");
    QTest::addColumn<QString>("size");
    const auto row = [](const char* name, const char* head, const char* cells, const char* label, const char* size) {
      QTest::newRow(name) << QByteArray(head) << QByteArray(cells) << label << size;
    };
    row("the last one", "a,b,kind\n", "%1,1.5,k%2\n", "", "'kind' (3 classes) from 30 rows of 2 columns");
    row("called so", "a,target,b\n", "%1,k%2,1.5\n", "target", "'target' (3 classes) from 30 rows of 2 columns");
    row("nearly called so", "class_label,a,b\n", "k%2,%1,1.5\n", "class_label",
        "'class_label' (3 classes) from 30 rows of 2 columns");
    row("names last", "mpg,year,name\n", "%1.5,7%2,car %1\n", "mpg", "'mpg' (a number) from 30 rows of 2 columns");
    row("a class and texts", "", "%2,title %1,a story about the matter number %1 and no other\n", "column_1",
        "'column_1' (3 classes) from 30 texts");
    row("nothing last", "kind,text,,\n", "k%2,text of %1,,\n", "kind", "'kind' (3 classes) from 30 rows of 1 column");
    row("few values in the middle", "id,grade,note\n", "id%1,g%2,note %1\n", "grade",
        "'grade' (3 classes) from 30 rows of 2 columns");
    row("the same everywhere", "size,all\n", "%1.5,1\n", "size", "'size' (a number) from 30 rows of 1 column");
  }
  /// Whatever the column, the source opens by it, and the graph learns it.
  void labels_of_tables_are_chosen() {
    QFETCH(QByteArray, head);
    QFETCH(QByteArray, row);
    QFETCH(QString, label);
    QFETCH(QString, size);
    QByteArray bytes = head;
    for (int i = 0; i < 30; ++i)
      bytes += QByteArray(row).replace("%1", QByteArray::number(i)).replace("%2", QByteArray::number(i % 3));
    write_file(path("table.csv"), bytes);
    const auto data = look(path("table.csv"));
    QVERIFY2(data, data ? "" : data.error().line().c_str());
    QCOMPARE(text_of(data->training, "label"), label);
    QCOMPARE(QString::fromStdString(size_text(*data)), size);
    const auto graph = starter_graph(*data);
    QVERIFY2(graph, graph ? "" : graph.error().line().c_str());
    const auto plan = make_plan(*graph, {.sources = context()});
    QVERIFY2(plan, plan ? "" : plan.error().line().c_str());
  }

  /// As in a table of ten cities: classes of one record each teach nothing.
  void whole_numbers_of_few_rows_are_numbers() {
    QByteArray bytes = "city,state,population\n";
    for (int i = 0; i < 10; ++i)
      bytes += QByteArray("city ") + char('a' + i) + ",MA," + QByteArray::number(9000 + i) + "\n";
    write_file(path("cities.csv"), bytes);
    auto data = look(path("cities.csv"));
    QVERIFY2(data, data ? "" : data.error().line().c_str());
    QCOMPARE(text_of(data->training, "label_kind"), QString("number"));
    QVERIFY(data->number);
    data = data_at(path("cities.csv").toStdString());
    QVERIFY(data);
    data->training["label"] = std::string("state");  // asked for, and so not exchanged for another
    const auto one_value = look_into(std::move(*data), context());
    QVERIFY(!one_value && one_value.error().reason.find("'state'") != std::string::npos);
  }

  void one_class_is_refused() {
    write_file(path("one/a/1.jpg"), jpeg_of(20, 20, 9, 9, 9));
    const auto data = look(path("one"));
    QVERIFY2(data, data ? "" : data.error().line().c_str());
    const auto graph = starter_graph(*data);
    QVERIFY(!graph && graph.error().reason.find("one class") != std::string::npos);
  }

  void building_is_one_edit_that_can_be_taken_back() {
    write_picture_folder(path("build"), 10);
    const auto data = look(path("build"));
    QVERIFY(data);
    Document document;
    QVERIFY(
        document.apply({AddNode{.node = {.id = "image_folder", .type = "image_folder", .params = data->training}}}));
    const std::string before = to_json(document);
    const auto edit = build_starter(document, *data);
    QVERIFY(edit);
    const auto undo = document.apply(*edit);
    QVERIFY2(undo, undo ? "" : undo.error().line().c_str());
    QVERIFY2(analyse(document).ok(), line_of(analyse(document)));
    const auto again = document.apply(*undo);
    QVERIFY(again);
    QCOMPARE(to_json(document), before);
    QVERIFY(document.apply({AddNode{.node = {.id = "relu", .type = "relu"}}}));
    QVERIFY(!build_starter(document, *data));  // there is more than a source
  }

  /// Every file that somebody has made to break a reader, dropped: it is offered, or it is said why not.
  void hostile_files_are_looked_into() {
    const QString root = shared_data("/hostile/csv");
    if (root.isEmpty() || !QDir(root).exists()) QSKIP("no shared data here");
    int offered = 0;
    for (QDirIterator it(root, QDir::Files, QDirIterator::Subdirectories); it.hasNext();) {
      const QString file = it.next();
      const auto data = look(file);
      const auto graph = data ? starter_graph(*data) : Result<Document>(fail(data.error()));
      if (graph) {
        ++offered;
        QVERIFY2(analyse(*graph).problems.empty(), qPrintable(file));
      } else {
        QVERIFY2(!graph.error().reason.empty() && !graph.error().remedy.empty(), qPrintable(file));
      }
    }
    QVERIFY2(offered > 10, std::to_string(offered).c_str());
  }

  void real_data_are_recognised() {
    const QString flowers = shared_data("/photos/flowers");
    if (flowers.isEmpty() || !QDir(flowers).exists()) QSKIP("no shared data here");
    const auto data = look(flowers);
    QVERIFY2(data, data ? "" : data.error().line().c_str());
    QCOMPARE(QString::fromStdString(size_text(*data)), QString("5 classes, 440 pictures"));
    const auto graph = starter_graph(*data);
    QVERIFY(graph);
    QVERIFY(make_plan(*graph, {.sources = context()}));
  }
};

FEEDLINE_TEST(TestStarter)

}  // namespace test_starter

#include "test_starter.moc"
