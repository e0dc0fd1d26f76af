#include "datamaestro/csv.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "csv_row.h"
#include "datamaestro/number.h"

enum { BUFFER_SIZE = 256 * 1024 /* bytes; what reads fast */ };

static int out_of_memory(const struct dm_csv *csv, struct dm_error *err) {
  return dm_error_set(err, DM_ERROR, "%s: not enough memory", csv->path);
}

static int grow_buffer(struct dm_csv *csv, size_t capacity, struct dm_error *err) {
  unsigned char *buffer = realloc(csv->buffer, capacity + DM_CSV_MARGIN);
  if (buffer == NULL)
    return out_of_memory(csv, err);
  csv->buffer = buffer;
  csv->capacity = capacity;
  return 0;
}

/* Some bytes into the buffer, or none and csv->ended. */
static int read_file(struct dm_csv *csv, struct dm_error *err) {
  ssize_t got = read(csv->fd, csv->buffer + csv->end, csv->capacity - csv->end);
  if (got < 0 && errno != EINTR)
    return dm_error_errno(err, errno, csv->path);
  if (got > 0)
    csv->end += (size_t)got;
  csv->ended = got == 0;
  return 0;
}

/* The same from the reader. */
static int read_pieces(struct dm_csv *csv, struct dm_error *err) {
  struct dm_reader *reader = csv->options.reader;
  if (csv->piece_size == 0 && reader->next(reader, &csv->piece, &csv->piece_size, err) != 0)
    return -1;
  csv->ended = csv->piece_size == 0;
  size_t room = csv->capacity - csv->end;
  size_t size = csv->piece_size < room ? csv->piece_size : room;
  if (size > 0)
    memcpy(csv->buffer + csv->end, csv->piece, size);
  csv->end += size;
  csv->piece += size;
  csv->piece_size -= size;
  return 0;
}

/* Reads until the buffer is full or all is read. A failure waits for its turn behind what was read before it:
 * it comes again. */
static int read_bytes(struct dm_csv *csv, struct dm_error *err) {
  const size_t before = csv->end;
  int status = 0;
  while (status == 0 && !csv->ended && csv->end < csv->capacity)
    status = csv->options.reader != NULL ? read_pieces(csv, err) : read_file(csv, err);
  return csv->end > before ? 0 : status;
}

/* Moves what is left to the front and reads more behind it. A row that fills the buffer makes it grow. */
static int fill(struct dm_csv *csv, struct dm_error *err) {
  size_t left = csv->end - csv->start;
  if (left > 0)
    memmove(csv->buffer, csv->buffer + csv->start, left);
  csv->start = 0;
  csv->end = left;
  if (left >= DM_CSV_ROW_MAXIMUM)
    return dm_error_set(err, DM_ERROR_FORMAT, "%s:%" PRIu64 ":1: row of over 64 MiB (is a quote not closed?)",
                        csv->path, csv->line);
  size_t larger = csv->capacity < DM_CSV_ROW_MAXIMUM / 2 ? csv->capacity * 2 : DM_CSV_ROW_MAXIMUM;
  if (left > csv->capacity / 2 && larger > csv->capacity && grow_buffer(csv, larger, err) != 0)
    return -1;
  int status = read_bytes(csv, err);
  /* So every row ends with LF. The margin has room for it. */
  if (csv->ended && csv->end > 0 && csv->buffer[csv->end - 1] != '\n')
    csv->buffer[csv->end++] = '\n';
  memset(csv->buffer + csv->end, 0, csv->capacity + DM_CSV_MARGIN - csv->end);
  dm_csv_row_aim(csv);
  return status;
}

/* Leaves lines out; a file with fewer is then at its end. */
static int skip_lines(struct dm_csv *csv, struct dm_error *err) {
  for (uint64_t skipped = 0; skipped < csv->options.skip;) {
    const unsigned char *from = csv->buffer + csv->start;
    const unsigned char *found = memchr(from, '\n', csv->end - csv->start);
    csv->start = found != NULL ? (size_t)(found + 1 - csv->buffer) : csv->end;
    skipped += found != NULL;
    if (csv->start == csv->end) {
      if (csv->ended)
        break;
      if (fill(csv, err) != 0)
        return -1;
    }
  }
  csv->line += csv->options.skip;
  dm_csv_row_aim(csv);
  return 0;
}

static int check_count(const struct dm_csv *csv, struct dm_error *err) {
  size_t count = csv->row.count;
  if (csv->options.columns == 0 || count == csv->options.columns)
    return 0;
  return dm_error_set(err, DM_ERROR_FORMAT, "%s:%" PRIu64 ":1: %zu field%s (%zu expected)", csv->path,
                      csv->row.line, count, count == 1 ? "" : "s", csv->options.columns);
}

int dm_csv_next(struct dm_csv *csv, struct dm_error *err) {
  csv->calls++;
  for (;;) {
    enum dm_csv_scan found = csv->start < csv->end ? dm_csv_row_scan(csv, err) : DM_CSV_MORE;
    if (found == DM_CSV_ROW) {
      csv->rows_read++;
      return check_count(csv, err) == 0 ? 1 : -1;
    }
    if (found == DM_CSV_WRONG)
      return -1;
    if (found == DM_CSV_MORE && csv->ended)
      return 0;
    if (found == DM_CSV_MORE && fill(csv, err) != 0)
      return -1;
  }
}

/* A copy of the current row with memory of its own. */
static int copy_names(struct dm_csv *csv, struct dm_error *err) {
  const struct dm_csv_row *row = &csv->row;
  const struct dm_csv_field *last = &row->fields[row->count - 1];
  size_t size = (size_t)last->start + last->size;
  struct dm_csv_row *names = &csv->names;
  free(names->bytes);
  free(names->fields);
  names->bytes = malloc(size + 1);
  names->fields = malloc(row->count * sizeof *names->fields);
  if (names->bytes == NULL || names->fields == NULL)
    return out_of_memory(csv, err);
  memcpy(names->bytes, row->bytes, size);
  memcpy(names->fields, row->fields, row->count * sizeof *names->fields);
  names->count = row->count;
  names->line = row->line;
  return 0;
}

static int read_sizes(struct dm_csv *csv, struct dm_error *err) {
  for (size_t i = 0; i < 2; i++) {
    const struct dm_csv_field *field = &csv->row.fields[i];
    double value = -1;
    if (i < csv->row.count && !dm_number_parse(csv->row.bytes + field->start, field->size, &value))
      value = -1;
    if (!(value >= 0 && value < 0x1p53) || value != (double)(uint64_t)value)
      return dm_error_set(err, DM_ERROR_FORMAT,
                          "%s:%" PRIu64 ":1: no sizes (numbers of rows and of columns expected)", csv->path,
                          csv->row.line);
    csv->size[i] = (uint64_t)value;
  }
  return 0;
}

static int missing_row(const struct dm_csv *csv, int64_t number, const char *what, struct dm_error *err) {
  return dm_error_set(err, DM_ERROR_FORMAT, "%s: no row %" PRId64 " (row of %s expected there)", csv->path,
                      number, what);
}

/* Reads the rows of names and sizes. An empty line has a number but is no row. */
static int read_header(struct dm_csv *csv, struct dm_error *err) {
  const int64_t names_row = csv->options.names_row;
  const int64_t size_row = csv->options.size_row;
  const size_t columns = csv->options.columns;
  int64_t index = -1;
  bool has_sizes = false;
  csv->options.columns = 0; /* these rows have lengths of their own */
  while (index < names_row || index < size_row) {
    int status = dm_csv_next(csv, err);
    if (status < 0)
      return -1;
    if (status == 0)
      break;
    index = (int64_t)csv->index - 1;
    if (index == names_row && copy_names(csv, err) != 0)
      return -1;
    if (index == size_row && read_sizes(csv, err) != 0)
      return -1;
    has_sizes = has_sizes || index == size_row;
  }
  csv->options.columns = columns;
  if (names_row >= 0 && csv->names.count == 0)
    return missing_row(csv, names_row, "names", err);
  return size_row >= 0 && !has_sizes ? missing_row(csv, size_row, "sizes", err) : 0;
}

static int open_file(struct dm_csv *csv, const char *path, struct dm_error *err) {
  struct stat info;
  csv->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO without a writer must not hang us */
  if (csv->fd < 0 || fstat(csv->fd, &info) != 0)
    return dm_error_errno(err, errno, path);
  if (!S_ISREG(info.st_mode))
    return dm_error_set(err, DM_ERROR_FORMAT, "%s: not a regular file (file expected)", path);
  return 0;
}

/* Text in an encoding: the file, or what the reader gives, as UTF-8. */
static int open_text(struct dm_csv *csv, const char *path, struct dm_error *err) {
  struct dm_reader *reader = csv->options.reader;
  if (reader == NULL && dm_source_open(&csv->source, path, err) != 0)
    return -1;
  reader = reader != NULL ? reader : dm_source_reader(csv->source);
  if (dm_recode_open(&csv->recode, reader, csv->options.encoding, path, err) != 0)
    return -1;
  csv->options.reader = dm_recode_reader(csv->recode);
  return 0;
}

static int open_bytes(struct dm_csv *csv, const char *path, struct dm_error *err) {
  csv->path = strdup(path);
  if (csv->path == NULL)
    return dm_error_set(err, DM_ERROR, "%s: not enough memory", path);
  if (csv->options.encoding != NULL && open_text(csv, path, err) != 0)
    return -1;
  if (csv->options.reader == NULL && open_file(csv, path, err) != 0)
    return -1;
  return grow_buffer(csv, csv->options.buffer > 0 ? csv->options.buffer : BUFFER_SIZE, err);
}

int dm_csv_open(struct dm_csv *csv, const char *path, const struct dm_csv_options *options,
                struct dm_error *err) {
  *csv = (struct dm_csv){.fd = -1, .options = *options, .line = 1};
  int status = open_bytes(csv, path, err);
  if (status == 0)
    status = fill(csv, err);
  if (status == 0) {
    /* The mark of text in an encoding is left out already. */
    bool marked = csv->recode == NULL && csv->end >= 3 && memcmp(csv->buffer, "\xef\xbb\xbf", 3) == 0;
    csv->start = marked ? 3 : 0;
    status = skip_lines(csv, err);
  }
  if (status == 0)
    status = read_header(csv, err);
  if (status != 0)
    dm_csv_close(csv);
  return status;
}

void dm_csv_close(struct dm_csv *csv) {
  if (csv->fd >= 0)
    (void)close(csv->fd);
  dm_recode_close(csv->recode);
  dm_source_close(csv->source);
  free(csv->path);
  free(csv->buffer);
  free(csv->row.fields);
  free(csv->names.bytes);
  free(csv->names.fields);
  *csv = (struct dm_csv){.fd = -1};
}
