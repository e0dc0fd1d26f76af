#include "archive_name.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "datamaestro/printable.h"
#include "library.h"

enum { SHOWN = 512 }; /* bytes of a name in a message, at most */

int dm_archive_refuse(struct dm_error *err, const char *subject, const char *name, const char *format, ...) {
  char shown[SHOWN];
  char text[1024];
  va_list arguments;
  va_start(arguments, format);
  (void)vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  return dm_error_set(err, DM_ERROR_FORMAT, "%s: member '%s': %s", subject,
                      dm_printable_text(shown, sizeof shown, name, strlen(name)), text);
}

static bool has_drive(const char *name) {
  return isalpha((unsigned char)name[0]) && name[1] == ':';
}

/* What is wrong with a name as a whole. */
static const char *fault_of(const char *name) {
  size_t size = strlen(name);
  if (size == 0)
    return "an empty name (name expected)";
  if (size > DM_ARCHIVE_NAME)
    return "too long a name (1024 bytes at most expected)";
  if (!dm_printable_is_plain(name, size))
    return "a name with control characters, or that is not UTF-8 (plain text expected)";
  if (strchr(name, '\\') != NULL)
    return "a name with a backslash (none expected)";
  if (name[0] == '/')
    return "an absolute path (relative one expected)";
  return has_drive(name) ? "a path with a drive (relative one expected)" : NULL;
}

/* Bytes up to the next slash or the end. */
static size_t part_size(const char *name) {
  return strcspn(name, "/");
}

static bool is_part(const char *name, size_t size, const char *part) {
  return size == strlen(part) && memcmp(name, part, size) == 0;
}

const char *dm_archive_clean(const char *name, char clean[DM_ARCHIVE_NAME + 1]) {
  size_t used = 0;
  const char *fault = fault_of(name);
  for (const char *next = name; fault == NULL && *next != '\0';) {
    size_t size = part_size(next);
    if (is_part(next, size, ".."))
      fault = "a path with '..' (none expected)";
    else if (size > DM_ARCHIVE_PART)
      fault = "too long a name (255 bytes between slashes at most expected)";
    else if (size > 0 && !is_part(next, size, ".")) {
      if (used > 0)
        clean[used++] = '/';
      memcpy(clean + used, next, size);
      used += size;
    }
    next += size;
    next += *next == '/' ? 1 : 0;
  }
  clean[used] = '\0';
  if (fault == NULL && dm_archive_depth(clean) > DM_ARCHIVE_DEPTH)
    fault = "too deep a path (100 folders at most expected)";
  return fault;
}

size_t dm_archive_depth(const char *clean) {
  size_t depth = 0;
  for (const char *slash = strchr(clean, '/'); slash != NULL; slash = strchr(slash + 1, '/'))
    depth++;
  return depth;
}

bool dm_archive_stays_inside(const char *target, size_t depth) {
  bool descended = false;
  if (fault_of(target) != NULL)
    return false;
  for (const char *next = target; *next != '\0';) {
    size_t size = part_size(next);
    bool is_up = is_part(next, size, "..");
    if (is_up && (descended || depth-- == 0))
      return false;
    descended = descended || (!is_up && size > 0 && !is_part(next, size, "."));
    next += size;
    next += *next == '/' ? 1 : 0;
  }
  return true;
}

/* FNV-1a, its bits mixed once more: http://www.isthe.com/chongo/tech/comp/fnv/ and the last step of
 * MurmurHash3 (public domain). */
static uint64_t hash(const unsigned char *bytes, size_t size) {
  uint64_t number = UINT64_C(0xcbf29ce484222325);
  for (size_t i = 0; i < size; i++)
    number = (number ^ bytes[i]) * UINT64_C(0x100000001b3);
  number = (number ^ number >> 33) * UINT64_C(0xff51afd7ed558ccd);
  return number ^ number >> 33;
}

struct utf8proc {
  __typeof__(&utf8proc_map) map;
};

static int fold_unicode(const char *clean, size_t size, uint64_t *number, struct dm_error *err) {
  static const struct dm_library_symbol symbols[] = {{"utf8proc_map", offsetof(struct utf8proc, map)},
                                                     {NULL, 0}};
  static const struct dm_library library = {{"libutf8proc.so.2", "libutf8proc.so.3"}, symbols};
  struct utf8proc utf8proc;
  utf8proc_uint8_t *folded = NULL;
  if (dm_library_load(&library, &utf8proc, err) != 0)
    return -1;
  utf8proc_ssize_t length =
      utf8proc.map((const utf8proc_uint8_t *)clean, (utf8proc_ssize_t)size, &folded,
                   UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE);
  if (length < 0)
    return dm_error_set(err, DM_ERROR, "%s: cannot be folded", clean);
  *number = hash(folded, (size_t)length);
  free(folded);
  return 0;
}

int dm_archive_fold(const char *clean, size_t size, uint64_t *number, struct dm_error *err) {
  unsigned char folded[DM_ARCHIVE_NAME];
  for (size_t i = 0; i < size; i++) {
    unsigned char byte = (unsigned char)clean[i];
    if (byte >= 0x80)
      return fold_unicode(clean, size, number, err);
    folded[i] = byte >= 'A' && byte <= 'Z' ? (unsigned char)(byte + 'a' - 'A') : byte;
  }
  *number = hash(folded, size);
  return 0;
}
