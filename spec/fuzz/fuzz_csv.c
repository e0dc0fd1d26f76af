/* Fuzz target: any bytes as a table, with buffers of a few bytes, held against a reader that takes one byte
 * at a time; then as a table of numbers, each held against strtod.
 *
 *   make fuzz FUZZ_SECONDS=120
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "datamaestro/csv.h"
#include "datamaestro/number.h"

int LLVMFuzzerTestOneInput(const unsigned char *input, size_t size);

static void require(bool truth) {
  if (!truth)
    abort();
}

/* Where the plain reader is. */
struct plain {
  const unsigned char *bytes; /* ends with LF */
  size_t size;
  size_t next;
  uint64_t line;
  size_t line_start;
  unsigned char delimiter;
  unsigned char *field; /* content of the field at hand; room for `size` bytes */
  size_t length;
};

/* Reads one field: what stands behind it, or 0 where `line` and `column` tell of a mistake. */
static unsigned char read_plain(struct plain *plain, uint64_t *line, size_t *column) {
  const unsigned char *bytes = plain->bytes;
  size_t at = plain->next;
  *line = plain->line;
  *column = at - plain->line_start + 1;
  plain->length = 0;
  if (bytes[at] != '"') {
    for (; bytes[at] != plain->delimiter && bytes[at] != '\n'; at++)
      plain->field[plain->length++] = bytes[at];
    if (bytes[at] == '\n' && plain->length > 0 && plain->field[plain->length - 1] == '\r')
      plain->length--;
    plain->next = at + 1;
    return bytes[at];
  }
  for (at++;; at++) {
    if (at >= plain->size)
      return 0;
    if (bytes[at] == '"' && (at + 1 >= plain->size || bytes[at + 1] != '"'))
      break;
    at += bytes[at] == '"';
    plain->field[plain->length++] = bytes[at];
    if (bytes[at] == '\n') {
      plain->line++;
      plain->line_start = at + 1;
    }
  }
  at++;
  if (at + 1 < plain->size && bytes[at] == '\r' && bytes[at + 1] == '\n')
    at++;
  plain->next = at + 1;
  *line = plain->line;
  *column = at - plain->line_start + 1;
  return bytes[at] == plain->delimiter || bytes[at] == '\n' ? bytes[at] : 0;
}

static void require_failure(const struct dm_csv *csv, const struct dm_error *err, uint64_t line,
                            size_t column) {
  char expected[128];
  int length = snprintf(expected, sizeof expected, "%s:%" PRIu64 ":%zu: ", csv->path, line, column);
  require(err->code == DM_ERROR_FORMAT && strncmp(err->message, expected, (size_t)length) == 0);
}

static void compare_field(const struct dm_csv *csv, const struct plain *plain, size_t index, uint64_t line) {
  const struct dm_csv_row *row = &csv->row;
  require(index < row->count && row->line == line && row->fields[index].size == plain->length);
  require(memcmp(row->bytes + row->fields[index].start, plain->field, plain->length) == 0);
}

/* Holds one row, or failure, against the plain reader; false at the end. */
static bool compare_row(struct dm_csv *csv, struct plain *plain) {
  struct dm_error err;
  int status = dm_csv_next(csv, &err);
  for (;;) {
    if (plain->next >= plain->size) {
      require(status == 0);
      return false;
    }
    uint64_t row_line = plain->line;
    bool quoted = plain->bytes[plain->next] == '"';
    size_t count = 0;
    unsigned char behind = plain->delimiter;
    plain->line_start = plain->next;
    while (behind == plain->delimiter) {
      uint64_t line = 0;
      size_t column = 0;
      behind = read_plain(plain, &line, &column);
      if (behind == 0) {
        require(status < 0);
        require_failure(csv, &err, line, column);
        return false;
      }
      if (count == 0 && behind == '\n' && plain->length == 0 && !quoted)
        break; /* an empty line */
      if (status >= 0)
        compare_field(csv, plain, count, row_line);
      count++;
    }
    plain->line++;
    if (count > 0) {
      require(status == 1 && count == csv->row.count);
      return true;
    }
  }
}

static void compare(struct dm_csv *csv, const unsigned char *input, size_t size) {
  unsigned char *bytes = malloc(2 * size + 2);
  require(bytes != NULL);
  if (size >= 3 && memcmp(input, "\xef\xbb\xbf", 3) == 0) {
    input += 3;
    size -= 3;
  }
  memcpy(bytes, input, size);
  if (size > 0 && bytes[size - 1] != '\n')
    bytes[size++] = '\n';
  struct plain plain = {.bytes = bytes,
                        .size = size,
                        .line = 1,
                        .delimiter = (unsigned char)csv->options.delimiter,
                        .field = bytes + size};
  while (compare_row(csv, &plain))
    ;
  free(bytes);
}

/* Where we see a decimal number strtod sees the same one. It also knows hexadecimals, and nan(…). */
static void compare_number(const unsigned char *input, size_t size) {
  double found = 0;
  char *text = malloc(size + 1);
  require(text != NULL);
  memcpy(text, input, size);
  text[size] = '\0';
  bool is_number = dm_number_parse(text, size, &found);
  require(text[size] == '\0' && memcmp(text, input, size) == 0);
  char *end = NULL;
  double expected = strtod(text, &end);
  size_t trimmed = size - strspn(text, " \t");
  bool is_plain = trimmed > 0 && strspn(text, "+-.0123456789eE") == size;
  if (is_plain)
    require(is_number == (end == text + size));
  if (is_number && expected == expected)
    require(memcmp(&found, &expected, sizeof found) == 0);
  free(text);
}

static void read_numbers(const char *path, struct dm_csv_options options) {
  struct dm_error err;
  struct dm_csv_matrix matrix;
  struct dm_tensor values;
  struct dm_tensor targets = {.storage = NULL};
  options.names_row = options.buffer % 3 - 1;
  options.size_row = options.buffer % 5 == 0 ? 0 : -1;
  options.skip = options.buffer % 2;
  int status = dm_csv_matrix_open(&matrix, path, &options, options.names_row == 1 ? "a" : NULL, &err);
  if (status == 0) {
    while ((status = dm_csv_matrix_read(&matrix, 3, &err)) > 0)
      ;
    if (status == 0 && dm_csv_matrix_finish(&matrix, &values, &targets, &err) == 0) {
      require(dm_tensor_equal(&values, &values) || dm_tensor_numel(&values) > 0);
      dm_tensor_close(&values);
      dm_tensor_close(&targets);
    }
  }
  dm_csv_matrix_close(&matrix);
}

/* The table in pieces of a few bytes, as a decoder may give it. */
struct pieces {
  struct dm_reader reader;
  const unsigned char *bytes;
  size_t size;
  size_t piece;
};

static int next_piece(struct dm_reader *reader, const unsigned char **bytes, size_t *size,
                      struct dm_error *err) {
  struct pieces *pieces = (struct pieces *)reader;
  (void)err;
  *bytes = pieces->bytes;
  *size = pieces->size < pieces->piece ? pieces->size : pieces->piece;
  pieces->bytes += *size;
  pieces->size -= *size;
  return 0;
}

static void read_pieces(struct dm_csv_options options, const unsigned char *input, size_t size) {
  struct dm_error err;
  struct dm_csv csv;
  struct pieces pieces = {{next_piece}, input, size, options.buffer % 11 + 1};
  options.reader = &pieces.reader;
  if (dm_csv_open(&csv, "pieces", &options, &err) != 0)
    return;
  compare(&csv, input, size);
  dm_csv_close(&csv);
}

static void require_same_row(const struct dm_csv_row *a, const struct dm_csv_row *b) {
  require(a->count == b->count && a->line == b->line);
  for (size_t i = 0; i < a->count; i++) {
    require(a->fields[i].size == b->fields[i].size);
    require(memcmp(a->bytes + a->fields[i].start, b->bytes + b->fields[i].start, a->fields[i].size) == 0);
  }
}

/* As UTF-8 in pieces: the rows are those of the bytes, up to the first that is not UTF-8. */
static void read_text(const char *path, struct dm_csv_options options, const unsigned char *input,
                      size_t size) {
  struct dm_error err;
  struct dm_csv bytes;
  struct dm_csv text;
  struct pieces pieces = {{next_piece}, input, size, options.buffer * 7U % 97 + 1};
  if (dm_csv_open(&bytes, path, &options, &err) != 0)
    return;
  options.reader = &pieces.reader;
  options.encoding = "utf-8";
  int status = dm_csv_open(&text, "text", &options, &err);
  while (status == 0 && dm_csv_next(&text, &err) > 0) {
    require(dm_csv_next(&bytes, &err) == 1);
    require_same_row(&text.row, &bytes.row);
  }
  dm_csv_close(&text);
  dm_csv_close(&bytes);
}

/* The first byte chooses the buffer's size, the second the delimiter, the rest is the table. */
int LLVMFuzzerTestOneInput(const unsigned char *input, size_t size) {
  static const char delimiters[] = ",;\t|a\xff";
  struct dm_error err;
  struct dm_csv csv;
  char path[64];
  if (size < 2)
    return 0;
  struct dm_csv_options options = {
      .delimiter = delimiters[input[1] % 6], .names_row = -1, .size_row = -1, .buffer = input[0] + 3U};
  compare_number(input + 2, size - 2);
  int fd = memfd_create("table", MFD_CLOEXEC);
  require(fd >= 0 && write(fd, input + 2, size - 2) == (ssize_t)(size - 2));
  (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  if (dm_csv_open(&csv, path, &options, &err) == 0) {
    compare(&csv, input + 2, size - 2);
    dm_csv_close(&csv);
  }
  read_pieces(options, input + 2, size - 2);
  read_text(path, options, input + 2, size - 2);
  read_numbers(path, options);
  (void)close(fd);
  return 0;
}
