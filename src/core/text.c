#include "datamaestro/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  CAPACITY_FIRST = 4096, /* bytes */
  NUMBER_SIZE = 40,      /* bytes of a longest number */
};

void dm_text_close(struct dm_text *text) {
  free(text->bytes);
  *text = (struct dm_text){.bytes = NULL};
}

/* Makes room for `size` more bytes. */
static bool reserve(struct dm_text *text, size_t size) {
  size_t needed = 0;
  if (text->failed || __builtin_add_overflow(text->size, size, &needed)) {
    text->failed = true;
    return false;
  }
  if (needed <= text->capacity)
    return true;
  size_t capacity = text->capacity > 0 ? text->capacity : CAPACITY_FIRST;
  while (capacity < needed && capacity <= SIZE_MAX / 2)
    capacity *= 2;
  char *bytes = realloc(text->bytes, capacity < needed ? needed : capacity);
  if (bytes == NULL) {
    text->failed = true;
    return false;
  }
  text->bytes = bytes;
  text->capacity = capacity < needed ? needed : capacity;
  return true;
}

void dm_text_put(struct dm_text *text, const char *bytes, size_t size) {
  if (size == 0 || !reserve(text, size))
    return;
  memcpy(text->bytes + text->size, bytes, size);
  text->size += size;
}

static void put_string(struct dm_text *text, const char *string) {
  dm_text_put(text, string, strlen(string));
}

void dm_text_integer(struct dm_text *text, int64_t value) {
  char digits[NUMBER_SIZE];
  char *at = digits + sizeof digits;
  uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
  do {
    *--at = (char)('0' + rest % 10);
    rest /= 10;
  } while (rest > 0);
  if (value < 0)
    *--at = '-';
  dm_text_put(text, at, (size_t)(digits + sizeof digits - at));
}

/* Most numbers of files have few digits, so that the first tries mostly end it. */
static void shortest(char *out, double value, enum dm_dtype dtype) {
  const int first = dtype == DM_FLOAT32 ? 6 : 15;
  for (int digits = first; digits <= 17; digits++) {
    (void)snprintf(out, NUMBER_SIZE, "%.*g", digits, value);
    double back = strtod(out, NULL);
    if (dtype == DM_FLOAT32 ? (float)back == (float)value : back == value)
      return;
  }
}

void dm_text_real(struct dm_text *text, double value, enum dm_dtype dtype, bool json) {
  char number[NUMBER_SIZE];
  if (!isfinite(value)) {
    put_string(text, json ? "null" : isnan(value) ? "nan" : value < 0 ? "-inf" : "inf");
    return;
  }
  if (value == rint(value) && fabs(value) < 1e15) {
    if (value == 0 && signbit(value))
      dm_text_put(text, "-", 1);
    dm_text_integer(text, (int64_t)value);
    dm_text_put(text, ".0", 2);
    return;
  }
  shortest(number, value, dtype);
  put_string(text, number);
  if (strpbrk(number, ".e") == NULL)
    dm_text_put(text, ".0", 2);
}

/* The length of the UTF-8 character at `bytes`, 0 where there is none: no surrogates, none in more bytes
 * than it needs, none beyond U+10FFFF. */
static size_t character_size(const unsigned char *bytes, size_t size) {
  unsigned char first = bytes[0];
  if (first < 0x80)
    return 1;
  size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || length > size)
    return 0;
  for (size_t i = 1; i < length; i++)
    if ((bytes[i] & 0xc0) != 0x80)
      return 0;
  bool overlong = (first == 0xe0 && bytes[1] < 0xa0) || (first == 0xf0 && bytes[1] < 0x90);
  bool surrogate = first == 0xed && bytes[1] >= 0xa0;
  bool beyond = first == 0xf4 && bytes[1] >= 0x90;
  return overlong || surrogate || beyond ? 0 : length;
}

/* `page` stands for what comes before the byte: "\\u00", or "\\udc" for bytes that are not UTF-8. */
static void put_escape(struct dm_text *text, unsigned char byte, const char *page) {
  static const char shorts[] = "\bb\ff\nn\rr\tt\"\"\\\\";
  char escape[8];
  const char *found = byte < 0x80 ? strchr(shorts, byte) : NULL;
  if (byte != 0 && found != NULL && (found - shorts) % 2 == 0)
    (void)snprintf(escape, sizeof escape, "\\%c", found[1]);
  else
    (void)snprintf(escape, sizeof escape, "%s%02x", page, byte);
  put_string(text, escape);
}

void dm_text_json_string(struct dm_text *text, const char *bytes, size_t size) {
  const unsigned char *from = (const unsigned char *)bytes;
  size_t plain = 0; /* start of what needs no escape */
  dm_text_put(text, "\"", 1);
  for (size_t i = 0; i < size;) {
    size_t length = character_size(from + i, size - i);
    bool is_plain = length > 0 && from[i] >= 0x20 && from[i] != '"' && from[i] != '\\' && from[i] != 0x7f;
    if (is_plain) {
      i += length;
      continue;
    }
    dm_text_put(text, bytes + plain, i - plain);
    put_escape(text, from[i], length > 0 ? "\\u00" : "\\udc");
    plain = ++i;
  }
  dm_text_put(text, bytes + plain, size - plain);
  dm_text_put(text, "\"", 1);
}

static size_t count_digits(const char *bytes, size_t size) {
  size_t count = 0;
  while (count < size && bytes[count] >= '0' && bytes[count] <= '9')
    count++;
  return count;
}

bool dm_text_is_json_number(const char *bytes, size_t size) {
  size_t at = size > 0 && bytes[0] == '-' ? 1 : 0;
  size_t whole = count_digits(bytes + at, size - at);
  if (whole == 0 || (whole > 1 && bytes[at] == '0'))
    return false;
  at += whole;
  if (at < size && bytes[at] == '.') {
    size_t decimals = count_digits(bytes + at + 1, size - at - 1);
    if (decimals == 0)
      return false;
    at += 1 + decimals;
  }
  if (at < size && (bytes[at] == 'e' || bytes[at] == 'E')) {
    at++;
    at += at < size && (bytes[at] == '+' || bytes[at] == '-');
    size_t digits = count_digits(bytes + at, size - at);
    if (digits == 0)
      return false;
    at += digits;
  }
  return at == size;
}

void dm_text_csv_field(struct dm_text *text, const char *bytes, size_t size, bool alone) {
  bool quoted = size == 0 && alone;
  for (size_t i = 0; i < size && !quoted; i++)
    quoted = bytes[i] == ',' || bytes[i] == '"' || bytes[i] == '\n' || bytes[i] == '\r';
  if (!quoted) {
    dm_text_put(text, bytes, size);
    return;
  }
  dm_text_put(text, "\"", 1);
  for (size_t i = 0; i < size; i++)
    dm_text_put(text, bytes[i] == '"' ? "\"\"" : bytes + i, bytes[i] == '"' ? 2 : 1);
  dm_text_put(text, "\"", 1);
}
