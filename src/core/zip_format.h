/* Inside the core: the records of zip archives, all numbers little-endian (APPNOTE.TXT, 4.3 and 4.5.3). */
#ifndef DATAMAESTRO_ZIP_FORMAT_H
#define DATAMAESTRO_ZIP_FORMAT_H

#include <stdint.h>

#include "inflate_backend.h"

/* Signatures. */
#define ZIP_LOCAL UINT32_C(0x04034b50)
#define ZIP_ENTRY UINT32_C(0x02014b50)
#define ZIP_END64 UINT32_C(0x06064b50)
#define ZIP_LOCATOR64 UINT32_C(0x07064b50)
#define ZIP_END UINT32_C(0x06054b50)

/* Bytes of the records without names, extra fields and comments. */
enum {
  ZIP_LOCAL_SIZE = 30,
  ZIP_ENTRY_SIZE = 46,
  ZIP_END64_SIZE = 56,
  ZIP_LOCATOR64_SIZE = 20,
  ZIP_END_SIZE = 22,
  ZIP_COMMENT_MAXIMUM = 65535
};

enum { ZIP_STORED = 0, ZIP_DEFLATED = 8, ZIP_ENCRYPTED = 1, ZIP_UTF8 = 1 << 11, ZIP_EXTRA64 = 1 };

/* In place of a number that the field does not hold: it then stands in a zip64 record. */
#define ZIP_LARGE16 UINT16_MAX
#define ZIP_LARGE32 UINT32_MAX

static inline uint16_t zip_get16(const unsigned char *bytes) {
  return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static inline uint32_t zip_get32(const unsigned char *bytes) {
  return zip_get16(bytes) | (uint32_t)zip_get16(bytes + 2) << 16;
}

static inline uint64_t zip_get64(const unsigned char *bytes) {
  return zip_get32(bytes) | (uint64_t)zip_get32(bytes + 4) << 32;
}

/* The back end that inflates and checks. */
static inline const struct dm_inflate_backend *zip_backend(void) {
#ifdef DM_HAVE_ISAL
  return &dm_inflate_isal;
#else
  return &dm_inflate_zlib;
#endif
}

#endif
