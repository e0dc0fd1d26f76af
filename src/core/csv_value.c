#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "datamaestro/csv.h"
#include "datamaestro/number.h"
#include "datamaestro/printable.h"

enum { NAME_SIZE = 64 /* bytes of a name or a text that a message shows */ };

static int wrong_value(const struct dm_csv *csv, size_t column, const char *expected, struct dm_error *err) {
  char shown[NAME_SIZE];
  char name[NAME_SIZE] = "";
  const struct dm_csv_field *field = &csv->row.fields[column];
  (void)dm_printable_text(shown, sizeof shown, csv->row.bytes + field->start, field->size);
  if (column < csv->names.count) {
    const struct dm_csv_field *of = &csv->names.fields[column];
    (void)dm_printable_text(name, sizeof name, csv->names.bytes + of->start, of->size);
  }
  return dm_error_set(err, DM_ERROR_FORMAT,
                      "%s:%" PRIu64 ":%" PRIu32 ": '%s' in column %zu%s%s%s (%s expected)", csv->path,
                      csv->row.line, field->start + 1, shown, column + 1, *name != '\0' ? " '" : "", name,
                      *name != '\0' ? "'" : "", expected);
}

int dm_csv_number(const struct dm_csv *csv, size_t column, double *value, struct dm_error *err) {
  const struct dm_csv_field *field = &csv->row.fields[column];
  if (dm_number_parse(csv->row.bytes + field->start, field->size, value))
    return 0;
  return wrong_value(csv, column, "number", err);
}

int dm_csv_integer(const struct dm_csv *csv, size_t column, int64_t *value, struct dm_error *err) {
  const struct dm_csv_field *field = &csv->row.fields[column];
  char *bytes = csv->row.bytes + field->start;
  char *end = NULL;
  char behind = bytes[field->size];
  bytes[field->size] = '\0'; /* put back below */
  size_t digits = strspn(bytes, "+-0123456789");
  errno = 0;
  long long number = strtoll(bytes, &end, 10);
  bool is_whole = field->size > 0 && digits == field->size && end == bytes + field->size && errno == 0;
  bytes[field->size] = behind;
  if (!is_whole)
    return wrong_value(csv, column, "integer", err);
  *value = number;
  return 0;
}

void dm_csv_text(const struct dm_csv_row *row, struct dm_text *text) {
  for (size_t i = 0; i < row->count; i++) {
    if (i > 0)
      dm_text_put(text, ",", 1);
    dm_text_csv_field(text, row->bytes + row->fields[i].start, row->fields[i].size, row->count == 1);
  }
  dm_text_put(text, "\n", 1);
}

static int put_value(const struct dm_csv *csv, struct dm_text *text, size_t column, enum dm_csv_values values,
                     struct dm_error *err) {
  double number = 0;
  const struct dm_csv_field *field = &csv->row.fields[column];
  const char *bytes = csv->row.bytes + field->start;
  if (values != DM_CSV_STRINGS && dm_text_is_json_number(bytes, field->size))
    dm_text_put(text, bytes, field->size);
  else if (values != DM_CSV_NUMBERS)
    dm_text_json_string(text, bytes, field->size);
  else if (dm_csv_number(csv, column, &number, err) != 0)
    return -1;
  else
    dm_text_real(text, number, DM_FLOAT64, true);
  return 0;
}

int dm_csv_json(const struct dm_csv *csv, struct dm_text *text, enum dm_csv_values values,
                struct dm_error *err) {
  const struct dm_csv_row *names = &csv->names;
  const size_t before = text->size;
  dm_text_put(text, names->count > 0 ? "{" : "[", 1);
  for (size_t i = 0; i < csv->row.count; i++) {
    if (i > 0)
      dm_text_put(text, ",", 1);
    if (i < names->count) {
      dm_text_json_string(text, names->bytes + names->fields[i].start, names->fields[i].size);
      dm_text_put(text, ":", 1);
    }
    if (put_value(csv, text, i, values, err) != 0) {
      text->size = before; /* no half row */
      return -1;
    }
  }
  dm_text_put(text, names->count > 0 ? "}\n" : "]\n", 2);
  return 0;
}
