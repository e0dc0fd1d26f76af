#include "glob_part.h"

#include <stdint.h>
#include <string.h>

/* What is left of a pattern, or of the text. */
struct rest {
  const char *next;
  const char *end;
};

/* Takes one character; of what is not UTF-8, one byte, as a number that no character has. */
static uint32_t take(struct rest *rest) {
  const unsigned char *bytes = (const unsigned char *)rest->next;
  size_t left = (size_t)(rest->end - rest->next);
  size_t length = bytes[0] < 0xc2 ? 1 : bytes[0] < 0xe0 ? 2 : bytes[0] < 0xf0 ? 3 : bytes[0] < 0xf5 ? 4 : 1;
  uint32_t number = length == 1 ? bytes[0] : bytes[0] & (0xffU >> (length + 1));
  bool is_whole = length <= left && (length > 1 || bytes[0] < 0x80);
  for (size_t i = 1; is_whole && i < length; i++) {
    is_whole = (bytes[i] & 0xc0) == 0x80;
    number = number << 6 | (bytes[i] & 0x3f);
  }
  rest->next += is_whole ? length : 1;
  return is_whole ? number : 0x80000000 | bytes[0];
}

/* One character of a pattern, which may be quoted. */
static uint32_t take_quoted(struct rest *pattern) {
  if (*pattern->next == '\\' && pattern->next + 1 < pattern->end)
    pattern->next++;
  return take(pattern);
}

/* Passes over the set whose `[` was taken: 1 when it has the character, 0 when not, -1 when it is not closed.
 */
static int take_set(struct rest *pattern, uint32_t character) {
  bool found = false;
  bool inverted = pattern->next < pattern->end && (*pattern->next == '!' || *pattern->next == '^');
  pattern->next += inverted;
  for (bool first = true; pattern->next < pattern->end; first = false) {
    if (*pattern->next == ']' && !first) {
      pattern->next++;
      return found != inverted ? 1 : 0;
    }
    uint32_t low = take_quoted(pattern);
    uint32_t high = low;
    if (pattern->end - pattern->next >= 2 && pattern->next[0] == '-' && pattern->next[1] != ']') {
      pattern->next++;
      high = take_quoted(pattern);
    }
    found = found || (character >= low && character <= high);
  }
  return -1;
}

const char *dm_glob_part_fault(const char *bytes, size_t size) {
  struct rest pattern = {bytes, bytes + size};
  if (size == 2 && memcmp(bytes, "..", 2) == 0)
    return "a path with '..' (none expected)";
  if (size > 2 && memmem(bytes, size, "**", 2) != NULL)
    return "'**' beside other characters (alone between slashes expected)";
  while (pattern.next < pattern.end) {
    if (pattern.end - pattern.next == 1 && *pattern.next == '\\')
      return "a backslash that quotes nothing (a character after it expected)";
    bool is_set = *pattern.next == '[';
    (void)take_quoted(&pattern);
    if (is_set && take_set(&pattern, 0) < 0)
      return "'[' without ']' (one behind it, or '\\[' expected)";
  }
  return NULL;
}

bool dm_glob_part_is_wild(const char *pattern, size_t size) {
  for (size_t i = 0; i < size; i++) {
    if (pattern[i] == '*' || pattern[i] == '?' || pattern[i] == '[')
      return true;
    i += pattern[i] == '\\';
  }
  return false;
}

size_t dm_glob_part_unquote(char *pattern, size_t size) {
  size_t used = 0;
  for (size_t i = 0; i < size; i++) {
    i += pattern[i] == '\\' && i + 1 < size;
    pattern[used++] = pattern[i];
  }
  return used;
}

/* Matches one character with what stands for one; `*` is none. */
static bool step(struct rest *pattern, struct rest *text) {
  if (pattern->next == pattern->end || *pattern->next == '*')
    return false;
  uint32_t character = take(text);
  bool is_any = *pattern->next == '?';
  bool is_set = *pattern->next == '[';
  uint32_t wanted = take_quoted(pattern);
  return is_set ? take_set(pattern, character) > 0 : is_any || wanted == character;
}

/* Only the last star needs to be tried again: what is before it matched with the shortest text. */
bool dm_glob_part_matches(const char *bytes, size_t size, const char *text_bytes, size_t text_size) {
  struct rest pattern = {bytes, bytes + size};
  struct rest text = {text_bytes, text_bytes + text_size};
  struct rest star = {NULL, NULL}; /* the pattern behind the last one */
  struct rest behind = text;       /* the text behind what it stands for */
  while (text.next < text.end) {
    if (pattern.next < pattern.end && *pattern.next == '*') {
      pattern.next++;
      star = pattern;
      behind = text;
    } else if (!step(&pattern, &text)) {
      if (star.next == NULL)
        return false;
      (void)take(&behind);
      pattern = star;
      text = behind;
    }
  }
  while (pattern.next < pattern.end && *pattern.next == '*')
    pattern.next++;
  return pattern.next == pattern.end;
}
