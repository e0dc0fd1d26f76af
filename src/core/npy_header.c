/* The header of NPY files: a Python dictionary, of which we read what NumPy writes. */
#include "npy_header.h"

#include <stdio.h>
#include <string.h>

enum {
  SHOWN = 40, /* bytes of a text that a message shows */
  KEY_SIZE = 16
};

/* Where the parser is: `next` is at `end` after the last byte. */
struct cursor {
  const char *next;
  const char *end;
};

static void skip_spaces(struct cursor *cursor) {
  while (cursor->next < cursor->end && *cursor->next != '\0' && strchr(" \t\r\n\f", *cursor->next) != NULL)
    cursor->next++;
}

/* Takes `text`, which stands behind spaces, or leaves the cursor; whether it was there. */
static bool take(struct cursor *cursor, const char *text) {
  size_t size = strlen(text);
  skip_spaces(cursor);
  if ((size_t)(cursor->end - cursor->next) < size || memcmp(cursor->next, text, size) != 0)
    return false;
  cursor->next += size;
  return true;
}

/* A string in either kind of quotes, without escapes, of `size` - 1 bytes at most. */
static bool take_string(struct cursor *cursor, char *out, size_t size) {
  const char *quote = take(cursor, "'") ? "'" : "\"";
  if (*quote == '"' && !take(cursor, "\""))
    return false;
  const char *start = cursor->next;
  const char *close = memchr(start, *quote, (size_t)(cursor->end - start));
  if (close == NULL || (size_t)(close - start) >= size ||
      memchr(start, '\\', (size_t)(close - start)) != NULL)
    return false;
  memcpy(out, start, (size_t)(close - start));
  out[close - start] = '\0';
  cursor->next = close + 1;
  return true;
}

/* A whole number; one that a size_t does not hold is read as SIZE_MAX, which no shape can have. */
static bool take_number(struct cursor *cursor, size_t *number) {
  skip_spaces(cursor);
  const char *start = cursor->next;
  size_t value = 0;
  for (; cursor->next < cursor->end && *cursor->next >= '0' && *cursor->next <= '9'; cursor->next++)
    if (__builtin_mul_overflow(value, 10, &value) ||
        __builtin_add_overflow(value, (size_t)(*cursor->next - '0'), &value))
      value = SIZE_MAX / 10 * 10; /* stays too large, whatever digits follow */
  *number = value;
  if (cursor->next == start)
    return false;
  (void)take(cursor, "L"); /* as Python 2 wrote long ones */
  return true;
}

/* "(60000, 28, 28)", "(3,)", "()"; dimensions beyond DM_TENSOR_MAX_DIMS are counted only. */
static bool take_shape(struct cursor *cursor, struct npy_header *header) {
  header->ndim = 0;
  if (!take(cursor, "("))
    return false;
  while (!take(cursor, ")")) {
    size_t size = 0;
    if (!take_number(cursor, &size))
      return false;
    if (header->ndim < DM_TENSOR_MAX_DIMS)
      header->shape[header->ndim] = size;
    header->ndim++;
    bool comma = take(cursor, ",");
    skip_spaces(cursor);
    bool last = cursor->next < cursor->end && *cursor->next == ')';
    if (!comma && (!last || header->ndim == 1)) /* "(3)" is a number in parentheses */
      return false;
  }
  return true;
}

static bool take_value(struct cursor *cursor, const char *key, struct npy_header *header) {
  if (strcmp(key, "descr") == 0 && !header->has_descr) {
    header->has_descr = true;
    skip_spaces(cursor);
    header->is_record = cursor->next < cursor->end && *cursor->next == '[';
    return !header->is_record && take_string(cursor, header->descr, sizeof header->descr);
  }
  if (strcmp(key, "fortran_order") == 0 && !header->has_order) {
    header->has_order = true;
    header->fortran_order = take(cursor, "True");
    return header->fortran_order || take(cursor, "False");
  }
  if (strcmp(key, "shape") == 0 && !header->has_shape) {
    header->has_shape = true;
    return take_shape(cursor, header);
  }
  return false;
}

static bool take_dictionary(struct cursor *cursor, struct npy_header *header) {
  char key[KEY_SIZE];
  if (!take(cursor, "{"))
    return false;
  while (!take(cursor, "}")) {
    if (!take_string(cursor, key, sizeof key) || !take(cursor, ":") || !take_value(cursor, key, header))
      return false;
    skip_spaces(cursor);
    if (!take(cursor, ",") && (cursor->next == cursor->end || *cursor->next != '}'))
      return false;
  }
  skip_spaces(cursor);
  return cursor->next == cursor->end && header->has_descr && header->has_order && header->has_shape;
}

static int parse_descr(struct npy_header *header, const char *subject, struct dm_error *err) {
  static const char kinds[DM_DTYPES][3] = {
      [DM_UINT8] = "u1", [DM_INT8] = "i1",  [DM_UINT16] = "u2",  [DM_INT16] = "i2",
      [DM_INT32] = "i4", [DM_INT64] = "i8", [DM_FLOAT32] = "f4", [DM_FLOAT64] = "f8"};
  const bool is_little = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;
  const char *descr = header->descr;
  size_t prefix = *descr != '\0' && strchr("<>|=", *descr) != NULL ? 1 : 0;
  const char *kind = strcmp(descr + prefix, "b1") == 0 ? "u1" : descr + prefix;
  for (int i = 0; i < DM_DTYPES; i++)
    if (strcmp(kind, kinds[i]) == 0) {
      header->dtype = (enum dm_dtype)i;
      header->swapped = dm_dtype_size(header->dtype) > 1 && *descr == (is_little ? '>' : '<');
      return 0;
    }
  if (descr[prefix] == 'O')
    return dm_error_set(err, DM_ERROR_FORMAT,
                        "%s: Python objects (numbers expected: a pickle can run any code and is not read)",
                        subject);
  char shown[sizeof header->descr * 4];
  (void)dm_printable_text(shown, sizeof shown, descr, strlen(descr));
  return dm_error_set(err, DM_ERROR_FORMAT, "%s: type '%s' (b1, u1, i1, u2, i2, i4, i8, f4 or f8 expected)",
                      subject, shown);
}

int npy_header_parse(struct npy_header *header, const char *text, size_t size, const char *subject,
                     struct dm_error *err) {
  struct cursor cursor = {.next = text, .end = text + size};
  *header = (struct npy_header){.ndim = 0};
  if (!take_dictionary(&cursor, header)) {
    char shown[SHOWN * 4];
    if (header->is_record)
      return dm_error_set(err, DM_ERROR_FORMAT, "%s: records of several fields (numbers expected)", subject);
    size_t left = (size_t)(cursor.end - cursor.next);
    (void)dm_printable_text(shown, sizeof shown, cursor.next, left < SHOWN ? left : SHOWN);
    return dm_error_set(err, DM_ERROR_FORMAT,
                        "%s: header goes wrong at '%s' (a dictionary of descr, fortran_order and shape "
                        "expected)",
                        subject, shown);
  }
  if (parse_descr(header, subject, err) != 0)
    return -1;
  if (header->ndim > DM_TENSOR_MAX_DIMS)
    return dm_error_set(err, DM_ERROR_FORMAT, "%s: %d dimensions (%d at most expected)", subject,
                        header->ndim, DM_TENSOR_MAX_DIMS);
  return 0;
}

size_t dm_npy_header(char *out, const struct dm_tensor *tensor) {
  static const char types[DM_DTYPES][4] = {
      [DM_UINT8] = "|u1", [DM_INT8] = "|i1",  [DM_UINT16] = "<u2",  [DM_INT16] = "<i2",
      [DM_INT32] = "<i4", [DM_INT64] = "<i8", [DM_FLOAT32] = "<f4", [DM_FLOAT64] = "<f8"};
  enum { PREFIX = 10, ALIGNMENT = 64 };
  char shape[DM_SHAPE_TEXT_SIZE];
  char order = types[tensor->dtype][0];
  if (order == '<' && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__)
    order = '>';
  int length = snprintf(out + PREFIX, DM_NPY_HEADER_SIZE - PREFIX,
                        "{'descr': '%c%s', 'fortran_order': False, 'shape': (%s%s), }", order,
                        types[tensor->dtype] + 1, dm_shape_text(shape, tensor->ndim, tensor->shape, ", "),
                        tensor->ndim == 1 ? "," : "");
  size_t used = PREFIX + (size_t)length;
  size_t size = (used + 1 + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  memset(out + used, ' ', size - used);
  out[size - 1] = '\n';
  memcpy(out, "\x93NUMPY\x01\x00", PREFIX - 2);
  out[PREFIX - 2] = (char)((size - PREFIX) & 0xff);
  out[PREFIX - 1] = (char)((size - PREFIX) >> 8);
  return size;
}
