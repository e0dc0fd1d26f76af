/* The functions of libarchive that we use. */
#ifndef DATAMAESTRO_ARCHIVE_LIBRARY_H
#define DATAMAESTRO_ARCHIVE_LIBRARY_H

#include <archive.h>
#include <archive_entry.h>

#include "datamaestro/error.h"

struct dm_archive_library {
  __typeof__(&archive_read_new) create;
  __typeof__(&archive_read_support_format_tar) support_tar;
  __typeof__(&archive_read_support_format_zip_seekable) support_zip;
  __typeof__(&archive_read_support_format_7zip) support_7zip;
  __typeof__(&archive_read_open) open;
  __typeof__(&archive_read_open_filename) open_filename;
  __typeof__(&archive_read_next_header) next_header;
  __typeof__(&archive_read_data_block) data_block;
  __typeof__(&archive_read_has_encrypted_entries) has_encrypted;
  __typeof__(&archive_filter_bytes) filter_bytes;
  __typeof__(&archive_format) format;
  __typeof__(&archive_error_string) error_string;
  __typeof__(&archive_errno) error_number;
  __typeof__(&archive_read_free) destroy;
  __typeof__(&archive_entry_pathname) pathname;
  __typeof__(&archive_entry_filetype) filetype;
  __typeof__(&archive_entry_perm) perm;
  __typeof__(&archive_entry_size) size;
  __typeof__(&archive_entry_size_is_set) size_is_set;
  __typeof__(&archive_entry_symlink) symlink;
  __typeof__(&archive_entry_hardlink) hardlink;
  __typeof__(&archive_entry_is_encrypted) is_encrypted;
};

/* Loads libarchive. */
int dm_archive_library_load(struct dm_archive_library *functions, struct dm_error *err);

#endif
