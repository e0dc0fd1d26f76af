#include "archive_library.h"

#include "library.h"

#define FUNCTION(field, name)                                                                                \
  { name, offsetof(struct dm_archive_library, field) }

static const struct dm_library_symbol symbols[] = {
    FUNCTION(create, "archive_read_new"),
    FUNCTION(support_tar, "archive_read_support_format_tar"),
    FUNCTION(support_zip, "archive_read_support_format_zip_seekable"),
    FUNCTION(support_7zip, "archive_read_support_format_7zip"),
    FUNCTION(open, "archive_read_open"),
    FUNCTION(open_filename, "archive_read_open_filename"),
    FUNCTION(next_header, "archive_read_next_header"),
    FUNCTION(data_block, "archive_read_data_block"),
    FUNCTION(has_encrypted, "archive_read_has_encrypted_entries"),
    FUNCTION(filter_bytes, "archive_filter_bytes"),
    FUNCTION(format, "archive_format"),
    FUNCTION(error_string, "archive_error_string"),
    FUNCTION(error_number, "archive_errno"),
    FUNCTION(destroy, "archive_read_free"),
    FUNCTION(pathname, "archive_entry_pathname"),
    FUNCTION(filetype, "archive_entry_filetype"),
    FUNCTION(perm, "archive_entry_perm"),
    FUNCTION(size, "archive_entry_size"),
    FUNCTION(size_is_set, "archive_entry_size_is_set"),
    FUNCTION(symlink, "archive_entry_symlink"),
    FUNCTION(hardlink, "archive_entry_hardlink"),
    FUNCTION(is_encrypted, "archive_entry_is_encrypted"),
    {NULL, 0},
};

static const struct dm_library library = {{"libarchive.so.13", "libarchive.so"}, symbols};

int dm_archive_library_load(struct dm_archive_library *functions, struct dm_error *err) {
  return dm_library_load(&library, functions, err);
}
