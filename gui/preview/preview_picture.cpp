// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/preview/preview_picture.h"

#include "gui/models/text.h"

#include <QBuffer>
#include <QByteArray>
#include <QCoreApplication>
#include <QImageReader>
#include <QLocale>

#include <algorithm>

namespace feedline::gui::inline preview {

namespace {

constexpr std::size_t kMostMaps = 256;

QString words(const char* text) { return QCoreApplication::translate("Preview", text); }

QImage to_image(const Raster& raster) {
  return QImage(raster.rgb.data(), static_cast<int>(raster.width), static_cast<int>(raster.height),
                static_cast<qsizetype>(raster.width) * 3, QImage::Format_RGB888)
      .copy();
}

QString short_value(double value) { return QLocale().toString(value, 'g', 3); }

QString shades_text(const Shades& shades, const TensorDesc& desc) {
  if (desc.dtype == DType::U8) return {};
  return words("dark %1 to bright %2").arg(short_value(shades.low), short_value(shades.high));
}

/// An encoded file is best seen decoded, where Qt knows its format.
QImage decoded(const PreviewValue& value) {
  QByteArray bytes(reinterpret_cast<const char*>(value.data.data()), static_cast<qsizetype>(value.data.size()));
  QBuffer buffer(&bytes);
  QImageReader reader(&buffer);
  reader.setAutoTransform(true);
  return reader.read();
}

void show_text(const PreviewValue& value, PreviewPicture& picture) {
  picture.form = PreviewPicture::Form::Text;
  picture.text = to_qstring(words_of(value));
  if (value.desc.kind != Kind::Encoded) return;
  const QImage image = decoded(value);
  picture.shape = words("encoded file, %1 bytes").arg(QLocale().toString(static_cast<qulonglong>(value.data.size())));
  if (image.isNull()) return;
  picture.form = PreviewPicture::Form::Picture;
  picture.images = {image};
  picture.remark = words("shown decoded: %1 × %2 pixels").arg(image.width()).arg(image.height());
}

void show_maps(const PreviewValue& value, PreviewPicture& picture) {
  Shades shades;
  picture.form = PreviewPicture::Form::Maps;
  for (const Raster& map : maps_of(value, kMostMaps, &shades)) picture.images << to_image(map);
  picture.remark = shades_text(shades, value.desc);
  const auto channels = static_cast<qsizetype>(value.desc.shape[value.desc.layout == Layout::HWC ? 2 : 0].size());
  if (channels > picture.images.size())
    picture.remark += words(", the first %1 of %2").arg(picture.images.size()).arg(channels);
}

}  // namespace

PreviewPicture make_preview_picture(const PreviewValue& value) {
  PreviewPicture picture;
  picture.port = to_qstring(value.port);
  picture.shape = to_qstring(value.desc.text());
  const PreviewForm form = form_of(value);
  if (form != PreviewForm::Text) picture.numbers = distribution_of(value);
  switch (form) {
    case PreviewForm::Picture: {
      Shades shades;
      picture.form = PreviewPicture::Form::Picture;
      picture.images = {to_image(picture_of(value, &shades))};
      picture.remark = shades_text(shades, value.desc);
      break;
    }
    case PreviewForm::Maps:
      show_maps(value, picture);
      break;
    case PreviewForm::Numbers:
      picture.form = PreviewPicture::Form::Histogram;
      break;
    case PreviewForm::Text:
      show_text(value, picture);
      break;
  }
  return picture;
}

}  // namespace feedline::gui::inline preview
