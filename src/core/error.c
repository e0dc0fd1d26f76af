#include "datamaestro/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int dm_error_set(struct dm_error *err, enum dm_error_code code, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  err->code = code;
  (void)vsnprintf(err->message, sizeof err->message, format, arguments);
  va_end(arguments);
  return -1;
}

static enum dm_error_code code_of_errno(int errnum) {
  switch (errnum) {
  case ENOSPC:
  case EDQUOT:
  case EFBIG: /* as on file systems that end at 4 GB */
    return DM_ERROR_SPACE;
  case ENOENT:
  case ENOTDIR:
    return DM_ERROR_UNKNOWN;
  case EINTR:
    return DM_ERROR_INTERRUPTED;
  case EWOULDBLOCK:
    return DM_ERROR_BUSY;
  default:
    return DM_ERROR;
  }
}

int dm_error_errno(struct dm_error *err, int errnum, const char *subject) {
  char buffer[256];
  const char *text = strerror_r(errnum, buffer, sizeof buffer); /* GNU's: may return static text */
  return dm_error_set(err, code_of_errno(errnum), "%s: %s", subject, text);
}

const char *dm_error_name(enum dm_error_code code) {
  static const char *const names[] = {
      [DM_ERROR] = "error",
      [DM_ERROR_USAGE] = "usage",
      [DM_ERROR_UNKNOWN] = "unknown",
      [DM_ERROR_NETWORK] = "network",
      [DM_ERROR_CHECKSUM] = "checksum",
      [DM_ERROR_AUTH] = "auth",
      [DM_ERROR_SPACE] = "space",
      [DM_ERROR_BUSY] = "busy",
      [DM_ERROR_FORMAT] = "format",
      [DM_ERROR_INTERRUPTED] = "interrupted",
  };
  return names[code];
}
