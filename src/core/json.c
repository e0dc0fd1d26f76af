#include "datamaestro/json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "datamaestro/number.h"
#include "datamaestro/text.h"

void dm_json_start(struct dm_json *json, char *bytes, size_t size) {
  json->bytes = bytes;
  json->size = size;
  json->at = 0;
  json->depth = 0;
  json->expects_value = true;
  json->after_value = false;
  json->problem = NULL;
}

static enum dm_json_event wrong(struct dm_json *json, size_t at, const char *problem) {
  json->problem = problem;
  json->problem_at = at;
  return DM_JSON_WRONG;
}

static bool is_space(char byte) {
  return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static void skip_space(struct dm_json *json) {
  while (json->at < json->size && is_space(json->bytes[json->at]))
    json->at++;
}

/* What comes after a value: at the end of the text, of an array, or behind a comma. */
static void end_value(struct dm_json *json) {
  json->expects_value = false;
  json->after_value = true;
}

static enum dm_json_event read_word(struct dm_json *json) {
  static const struct {
    const char *word;
    enum dm_json_event event;
  } words[] = {{"null", DM_JSON_NULL}, {"true", DM_JSON_TRUE}, {"false", DM_JSON_FALSE}};
  for (size_t i = 0; i < 3; i++) {
    size_t size = strlen(words[i].word);
    if (json->size - json->at >= size && memcmp(json->bytes + json->at, words[i].word, size) == 0) {
      json->at += size;
      end_value(json);
      return words[i].event;
    }
  }
  return wrong(json, json->at, "no JSON value (string, number, object, array, true, false or null expected)");
}

static enum dm_json_event read_number(struct dm_json *json) {
  char *start = json->bytes + json->at;
  size_t size = 0;
  while (size < json->size - json->at && start[size] != '\0' &&
         strchr("+-.0123456789eE", start[size]) != NULL)
    size++;
  if (!dm_text_is_json_number(start, size))
    return wrong(json, json->at, "no JSON number (such as -12.5e3 expected)");
  json->at += size;
  end_value(json);
  if (memchr(start, '.', size) == NULL && memchr(start, 'e', size) == NULL &&
      memchr(start, 'E', size) == NULL) {
    char behind = start[size];
    start[size] = '\0';
    errno = 0;
    json->integer = strtoll(start, NULL, 10);
    start[size] = behind;
    if (errno == 0)
      return DM_JSON_INTEGER;
  }
  (void)dm_number_parse(start, size, &json->real);
  return DM_JSON_REAL;
}

static int hex_digit(char byte) {
  if (byte >= '0' && byte <= '9')
    return byte - '0';
  if (byte >= 'a' && byte <= 'f')
    return byte - 'a' + 10;
  return byte >= 'A' && byte <= 'F' ? byte - 'A' + 10 : -1;
}

/* The four hex digits at `at`, or -1. */
static long read_unit(const struct dm_json *json, size_t at) {
  long unit = 0;
  if (json->size - at < 4)
    return -1;
  for (size_t i = 0; i < 4; i++) {
    int digit = hex_digit(json->bytes[at + i]);
    if (digit < 0)
      return -1;
    unit = unit * 16 + digit;
  }
  return unit;
}

static char *write_utf8(char *out, long code) {
  static const unsigned char marks[] = {0, 0xc0, 0xe0, 0xf0};
  unsigned char bytes[4];
  unsigned long rest = (unsigned long)code;
  size_t more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
  for (size_t i = more; i > 0; i--) {
    bytes[i] = (unsigned char)(0x80U | (rest & 0x3fU));
    rest >>= 6;
  }
  bytes[0] = (unsigned char)(marks[more] | rest);
  memcpy(out, bytes, more + 1);
  return out + more + 1;
}

/* The character of the \u at json->at, behind which it moves; -1 where there are no four digits. Two halves
 * of a surrogate pair are one character; a lone one is U+FFFD. */
static long read_code(struct dm_json *json) {
  long code = read_unit(json, json->at + 2);
  if (code < 0)
    return -1;
  json->at += 6;
  if (code < 0xd800 || code > 0xdfff)
    return code;
  bool has_pair = code < 0xdc00 && json->size - json->at >= 6 && json->bytes[json->at] == '\\' &&
                  json->bytes[json->at + 1] == 'u';
  long low = has_pair ? read_unit(json, json->at + 2) : -1;
  if (low < 0xdc00 || low > 0xdfff)
    return 0xfffd;
  json->at += 6;
  return 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
}

/* An escape at json->at, written to `*out`, which is never ahead of it: none is longer than what it stands
 * for. */
static bool read_escape(struct dm_json *json, char **out) {
  static const char escapes[] = "\"\"\\\\//b\bf\fn\nr\rt\t";
  char byte = '\0';
  if (json->at + 1 < json->size)
    byte = json->bytes[json->at + 1];
  if (byte == 'u') {
    long code = read_code(json);
    if (code < 0)
      return false;
    *out = write_utf8(*out, code);
    return true;
  }
  for (size_t i = 0; i + 1 < sizeof escapes; i += 2)
    if (byte == escapes[i]) {
      *(*out)++ = escapes[i + 1];
      json->at += 2;
      return true;
    }
  return false;
}

static enum dm_json_event read_string(struct dm_json *json, enum dm_json_event event) {
  size_t opening = json->at++;
  char *out = json->bytes + json->at;
  json->string = out;
  while (json->at < json->size && json->bytes[json->at] != '"') {
    unsigned char byte = (unsigned char)json->bytes[json->at];
    if (byte < 0x20)
      return wrong(json, json->at, "control character in a string (an escape such as \\n expected)");
    if (byte != '\\') {
      *out++ = json->bytes[json->at++];
      continue;
    }
    size_t at = json->at;
    if (!read_escape(json, &out))
      return wrong(json, at, "unknown escape (\\n, \\u0041 … expected)");
  }
  if (json->at >= json->size)
    return wrong(json, opening, "string that is not closed (closing quote expected)");
  json->at++;
  json->string_size = (size_t)(out - json->string);
  return event;
}

static enum dm_json_event open_nest(struct dm_json *json, char kind) {
  if (json->depth == DM_JSON_DEPTH)
    return wrong(json, json->at, "more than 200 arrays and objects in one another");
  json->at++;
  json->kinds[json->depth++] = (unsigned char)kind;
  json->expects_value = false;
  json->after_value = false;
  return kind == '[' ? DM_JSON_ARRAY : DM_JSON_OBJECT;
}

static enum dm_json_event close_nest(struct dm_json *json) {
  bool is_array = json->kinds[--json->depth] == '[';
  json->at++;
  end_value(json);
  return is_array ? DM_JSON_ARRAY_END : DM_JSON_OBJECT_END;
}

static enum dm_json_event read_value(struct dm_json *json) {
  char byte = json->bytes[json->at];
  if (byte == '{' || byte == '[')
    return open_nest(json, byte);
  if (byte == '"') {
    end_value(json);
    return read_string(json, DM_JSON_STRING);
  }
  return byte == '-' || (byte >= '0' && byte <= '9') ? read_number(json) : read_word(json);
}

static enum dm_json_event read_key(struct dm_json *json) {
  if (json->bytes[json->at] != '"')
    return wrong(json, json->at, "no key (string in double quotes expected)");
  if (read_string(json, DM_JSON_KEY) == DM_JSON_WRONG)
    return DM_JSON_WRONG;
  skip_space(json);
  if (json->at >= json->size || json->bytes[json->at] != ':')
    return wrong(json, json->at, "no ':' behind a key");
  json->at++;
  json->expects_value = true;
  return DM_JSON_KEY;
}

/* Within an array or an object, between values. */
static enum dm_json_event read_between(struct dm_json *json) {
  bool is_array = json->kinds[json->depth - 1] == '[';
  char byte = json->bytes[json->at];
  if (byte == (is_array ? ']' : '}'))
    return close_nest(json);
  if (json->after_value) {
    if (byte != ',')
      return wrong(json, json->at,
                   is_array ? "no ',' or ']' behind a value" : "no ',' or '}' behind a value");
    json->at++;
    json->after_value = false;
    skip_space(json);
    if (json->at >= json->size)
      return wrong(json, json->at, "the text ends here (a value expected)");
  }
  return is_array ? read_value(json) : read_key(json);
}

enum dm_json_event dm_json_next(struct dm_json *json) {
  if (json->problem != NULL)
    return DM_JSON_WRONG;
  skip_space(json);
  bool is_done = json->depth == 0 && !json->expects_value;
  if (json->at >= json->size)
    return is_done ? DM_JSON_END
                   : wrong(json, json->at,
                           json->depth > 0 ? "the text ends here (']' or '}' expected)"
                                           : "nothing (a JSON value expected)");
  if (is_done)
    return wrong(json, json->at, "text behind the value (end of line expected)");
  return json->expects_value ? read_value(json) : read_between(json);
}
