#include "csv_row.h"

#include <endian.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Where a scan is, kept in registers. */
struct scan {
  struct dm_csv *csv;
  const unsigned char *bytes; /* the buffer */
  size_t block;               /* as in struct dm_csv */
  uint64_t special;
  size_t count;    /* fields of this row so far */
  uint64_t lines;  /* line ends in this row so far */
  size_t line;     /* start of the line at hand */
  bool is_doubled; /* a quoted field holds doubled quotes */
};

/* The highest bit of each byte of `word` that equals `byte`, exactly, and no other bit. */
static inline uint64_t bytes_equal(uint64_t word, unsigned char byte) {
  const uint64_t ones = UINT64_C(0x0101010101010101);
  const uint64_t low = UINT64_C(0x7f7f7f7f7f7f7f7f);
  uint64_t differing = word ^ (ones * byte);
  return ~(((differing & low) + low) | differing | low);
}

/* Bit i: bytes[i], of DM_CSV_BLOCK, is a delimiter, a quote or LF. Eight bytes at a time, without a branch.
 */
static inline uint64_t find_special(const unsigned char *bytes, unsigned char delimiter) {
  uint64_t found = 0;
  for (unsigned i = 0; i < DM_CSV_BLOCK; i += 8) {
    uint64_t word = 0;
    memcpy(&word, bytes + i, 8);
    word = le64toh(word);
    uint64_t high = bytes_equal(word, delimiter) | bytes_equal(word, '"') | bytes_equal(word, '\n');
    /* The product gathers bit 7 of each byte in the highest byte, in order. */
    found |= ((high >> 7) * UINT64_C(0x0102040810204080) >> 56) << i;
  }
  return found;
}

void dm_csv_row_aim(struct dm_csv *csv) {
  csv->block = csv->start;
  csv->special = find_special(csv->buffer + csv->block, (unsigned char)csv->options.delimiter);
}

/* Position of the next delimiter, quote or LF, or csv->end. The margin behind the end holds none. */
static inline size_t next_special(struct scan *scan) {
  while (scan->special == 0) {
    if (scan->block + DM_CSV_BLOCK >= scan->csv->end)
      return scan->csv->end;
    scan->block += DM_CSV_BLOCK;
    scan->special = find_special(scan->bytes + scan->block, (unsigned char)scan->csv->options.delimiter);
  }
  size_t found = scan->block + (size_t)__builtin_ctzll(scan->special);
  scan->special &= scan->special - 1;
  return found;
}

static enum dm_csv_scan fail_at(const struct scan *scan, size_t at, const char *text, struct dm_error *err) {
  const struct dm_csv *csv = scan->csv;
  (void)dm_error_set(err, DM_ERROR_FORMAT, "%s:%" PRIu64 ":%zu: %s", csv->path, csv->line + scan->lines,
                     at - scan->line + 1, text);
  return DM_CSV_WRONG;
}

static int grow_fields(struct dm_csv *csv) {
  size_t capacity = csv->fields_capacity * 2 + 16;
  struct dm_csv_field *fields = realloc(csv->row.fields, capacity * sizeof *fields);
  if (fields == NULL)
    return -1;
  csv->row.fields = fields;
  csv->fields_capacity = capacity;
  return 0;
}

static inline enum dm_csv_scan add_field(struct scan *scan, size_t start, size_t end, struct dm_error *err) {
  struct dm_csv *csv = scan->csv;
  if (scan->count >= DM_CSV_FIELDS_MAXIMUM)
    return fail_at(scan, start, "more than 4194304 fields in a row", err);
  if (scan->count == csv->fields_capacity && grow_fields(csv) != 0)
    return fail_at(scan, start, "not enough memory for the row's fields", err);
  csv->row.fields[scan->count++] =
      (struct dm_csv_field){.start = (uint32_t)(start - csv->start), .size = (uint32_t)(end - start)};
  return DM_CSV_ROW;
}

/* The unquoted field at `start`; `*end` becomes the position of the delimiter or LF behind it. */
static inline enum dm_csv_scan scan_plain(struct scan *scan, size_t start, size_t *end,
                                          struct dm_error *err) {
  size_t at = next_special(scan);
  while (at < scan->csv->end && scan->bytes[at] == '"')
    at = next_special(scan);
  if (at >= scan->csv->end)
    return DM_CSV_MORE;
  *end = at;
  bool is_crlf = scan->bytes[at] == '\n' && at > start && scan->bytes[at - 1] == '\r';
  return add_field(scan, start, is_crlf ? at - 1 : at, err);
}

/* From behind the opening quote to the closing one, or csv->end. */
static size_t find_closing(struct scan *scan) {
  for (;;) {
    size_t at = next_special(scan);
    if (at >= scan->csv->end)
      return at;
    if (scan->bytes[at] == '\n') {
      scan->lines++;
      scan->line = at + 1;
    } else if (scan->bytes[at] == '"') {
      if (at + 1 >= scan->csv->end || scan->bytes[at + 1] != '"')
        return at;
      (void)next_special(scan);
      scan->is_doubled = true;
    }
  }
}

/* The same for the field whose opening quote stands at `start`. */
static enum dm_csv_scan scan_quoted(struct scan *scan, size_t start, size_t *end, struct dm_error *err) {
  const struct scan opening = *scan;
  const size_t limit = scan->csv->end;
  (void)next_special(scan); /* the opening quote */
  size_t closing = find_closing(scan);
  if (closing >= limit)
    return scan->csv->ended
               ? fail_at(&opening, start, "quote that is not closed (closing quote expected)", err)
               : DM_CSV_MORE;
  size_t at = closing + 1;
  if (at + 1 < limit && scan->bytes[at] == '\r' && scan->bytes[at + 1] == '\n')
    at++;
  if (at >= limit || (scan->bytes[at] == '\r' && at + 1 >= limit))
    return DM_CSV_MORE;
  if (scan->bytes[at] != '\n' && scan->bytes[at] != (unsigned char)scan->csv->options.delimiter)
    return fail_at(scan, at, "text after a closing quote (delimiter or end of line expected)", err);
  *end = next_special(scan);
  return add_field(scan, start + 1, closing, err);
}

/* Makes one of each two quotes in the quoted fields of the row. */
static void undouble(struct dm_csv_row *row) {
  for (size_t i = 0; i < row->count; i++) {
    struct dm_csv_field *field = &row->fields[i];
    char *bytes = row->bytes + field->start;
    uint32_t size = 0;
    if (field->start == 0 || bytes[-1] != '"')
      continue; /* unquoted: what is before it is a delimiter or the row before */
    for (uint32_t from = 0; from < field->size; from++) {
      bytes[size++] = bytes[from];
      from += bytes[from] == '"';
    }
    field->size = size;
  }
}

/* Takes the row that ends before `next`. */
static enum dm_csv_scan take(const struct scan *scan, size_t next) {
  struct dm_csv *csv = scan->csv;
  struct dm_csv_row *row = &csv->row;
  bool is_empty = scan->count == 1 && row->fields[0].size == 0 && scan->bytes[csv->start] != '"';
  row->bytes = (char *)csv->buffer + csv->start;
  row->count = scan->count;
  row->line = csv->line;
  if (scan->is_doubled)
    undouble(row);
  csv->start = next;
  csv->block = scan->block;
  csv->special = scan->special;
  csv->line += scan->lines + 1;
  csv->index++;
  return is_empty ? DM_CSV_EMPTY : DM_CSV_ROW;
}

enum dm_csv_scan dm_csv_row_scan(struct dm_csv *csv, struct dm_error *err) {
  struct scan scan = {
      .csv = csv, .bytes = csv->buffer, .block = csv->block, .special = csv->special, .line = csv->start};
  size_t start = csv->start;
  size_t end = start;
  for (;;) {
    enum dm_csv_scan status = start < csv->end && scan.bytes[start] == '"'
                                  ? scan_quoted(&scan, start, &end, err)
                                  : scan_plain(&scan, start, &end, err);
    if (status != DM_CSV_ROW)
      return status;
    if (scan.bytes[end] == '\n')
      return take(&scan, end + 1);
    start = end + 1;
  }
}
