/* Module datamaestro.api.stream: compressed files and members of archives, read in place. */
#include <stddef.h>
#include <string.h>

#include "datamaestro/decode.h"
#include "datamaestro/member.h"
#include "datamaestro/source.h"
#include "datamaestro/text.h"
#include "lua_util.h"
#include "stream_handle.h"

#define MEMBERS "datamaestro.members"

struct stream {
  struct dm_lua_stream shared; /* first: other bindings know no more of it */
  struct dm_source *source;
  struct dm_members *members;
  struct dm_decode *decode;
  struct dm_reader *bytes;   /* the last one of the chain; NULL when closed */
  struct dm_reader ahead;    /* what a decoder reads: `head`, then `raw` */
  struct dm_reader *raw;     /* the bytes before they are decoded */
  const unsigned char *head; /* what was read of `raw` to recognise its format, and not yet given out */
  size_t head_size;
  const unsigned char *piece; /* what was read and not yet taken */
  size_t piece_size;
  struct dm_text text; /* of the read that is under way */
};

static int next_bytes(struct dm_reader *reader, const unsigned char **bytes, size_t *size,
                      struct dm_error *err) {
  struct stream *stream = (struct stream *)reader;
  if (stream->bytes == NULL)
    return dm_error_set(err, DM_ERROR, "stream closed while it was read");
  if (stream->piece_size == 0)
    return stream->bytes->next(stream->bytes, bytes, size, err);
  *bytes = stream->piece;
  *size = stream->piece_size;
  stream->piece_size = 0;
  return 0;
}

static int stream_free(lua_State *L) {
  struct stream *stream = luaL_checkudata(L, 1, DM_LUA_STREAM);
  stream->bytes = NULL;
  stream->piece_size = 0;
  dm_decode_close(stream->decode);
  dm_members_close(stream->members);
  dm_source_close(stream->source);
  dm_text_close(&stream->text);
  stream->decode = NULL;
  stream->members = NULL;
  stream->source = NULL;
  return 0;
}

/* stream:close() → nothing: closes the file, or if a table or lines are read from it, only ends their
 * reading; closed is fine. Also by `<close>` and by the collector. */
static int stream_close(lua_State *L) {
  struct stream *stream = luaL_checkudata(L, 1, DM_LUA_STREAM);
  stream->bytes = NULL;
  return stream->shared.lent ? 0 : stream_free(L);
}

static int open_bytes(struct stream *stream, const char *path, const char *member, struct dm_error *err) {
  if (member == NULL) {
    if (dm_source_open(&stream->source, path, err) != 0)
      return -1;
    stream->bytes = dm_source_reader(stream->source);
    return 0;
  }
  if (dm_members_open(&stream->members, path, err) != 0 || dm_members_find(stream->members, member, err) != 0)
    return -1;
  stream->bytes = dm_members_reader(stream->members);
  return 0;
}

/* The reader before the decoder: the bytes that were read to recognise the format, then those behind them. */
static int next_ahead(struct dm_reader *reader, const unsigned char **bytes, size_t *size,
                      struct dm_error *err) {
  struct stream *stream = (struct stream *)((char *)reader - offsetof(struct stream, ahead));
  if (stream->head_size == 0)
    return stream->raw->next(stream->raw, bytes, size, err);
  *bytes = stream->head;
  *size = stream->head_size;
  stream->head_size = 0;
  return 0;
}

/* Sets `*format` to what the data begin with, -1 where it is none of ours; without data it stays. */
static int recognise(struct stream *stream, int *format, struct dm_error *err) {
  if (stream->bytes->next(stream->bytes, &stream->piece, &stream->piece_size, err) != 0)
    return -1;
  if (stream->piece_size > 0)
    *format = dm_decode_recognise(stream->piece, stream->piece_size);
  return 0;
}

static int open_decoder(struct stream *stream, int format, const char *subject, struct dm_error *err) {
  struct dm_decode_options options = {.format = (enum dm_decode_format)format,
                                      .subject = subject,
                                      .limit = DM_INFLATE_NO_LIMIT,
                                      .memory = DM_MEMBER_MEMORY};
  stream->ahead.next = next_ahead;
  stream->raw = stream->bytes;
  stream->head = stream->piece;
  stream->head_size = stream->piece_size;
  stream->piece_size = 0;
  if (dm_decode_open(&stream->decode, &stream->ahead, &options, err) != 0)
    return -1;
  stream->bytes = dm_decode_reader(stream->decode);
  return 0;
}

/* stream.open(path, member, format, subject, detect) → stream, to-be-closed | nil, message, code: the bytes
 * of a file, or of `member` of the archive (tar, packed or not, zip, 7z; nil: none), decoded from `format`
 * ("gzip" "bzip2" "xz" "zstd" "lz4"; nil: as they are); with `detect` from what they begin with, if anything,
 * and `format` counts only where there are none. `subject` names them in messages (default: path). "unknown"
 * without such a file or member, "format" where it is not of the format. */
static int stream_open(lua_State *L) {
  struct dm_error err;
  const char *path = luaL_checkstring(L, 1);
  const char *member = luaL_optstring(L, 2, NULL);
  const char *name = luaL_optstring(L, 3, NULL);
  const char *subject = luaL_optstring(L, 4, path);
  bool detect = lua_toboolean(L, 5);
  int format = name != NULL ? dm_decode_find(name) : -1;
  luaL_argcheck(L, name == NULL || format >= 0, 3, "gzip, bzip2, xz, zstd or lz4 expected");
  struct stream *stream = lua_newuserdatauv(L, sizeof *stream, 0);
  memset(stream, 0, sizeof *stream);
  stream->shared.reader.next = next_bytes;
  luaL_setmetatable(L, DM_LUA_STREAM);
  if (open_bytes(stream, path, member, &err) != 0 || (detect && recognise(stream, &format, &err) != 0) ||
      (format >= 0 && open_decoder(stream, format, subject, &err) != 0)) {
    stream->bytes = NULL;
    return dm_lua_fail(L, &err);
  }
  return 1;
}

static struct stream *check_stream(lua_State *L) {
  struct stream *stream = luaL_checkudata(L, 1, DM_LUA_STREAM);
  luaL_argcheck(L, stream->bytes != NULL, 1, "closed stream (open stream expected)");
  return stream;
}

/* Makes sure that there is a piece: 1, or 0 at the end, or -1. */
static int fetch(struct stream *stream, struct dm_error *err) {
  if (stream->piece_size > 0)
    return 1;
  if (stream->bytes->next(stream->bytes, &stream->piece, &stream->piece_size, err) != 0) {
    stream->piece_size = 0;
    return -1;
  }
  return stream->piece_size > 0;
}

static void take(struct stream *stream, size_t size) {
  dm_text_put(&stream->text, (const char *)stream->piece, size);
  stream->piece += size;
  stream->piece_size -= size;
}

/* Up to `size` bytes into stream->text, to the end of the line if `line`. Whether something was there to
 * read. */
static int gather(struct stream *stream, size_t size, bool line, struct dm_error *err) {
  int status = 1;
  bool found = false;
  stream->text.size = 0;
  if (size == 0)
    return fetch(stream, err);
  while (stream->text.size < size && (status = fetch(stream, err)) > 0) {
    size_t room = size - stream->text.size;
    size_t count = stream->piece_size < room ? stream->piece_size : room;
    const unsigned char *end = line ? memchr(stream->piece, '\n', count) : NULL;
    take(stream, end != NULL ? (size_t)(end - stream->piece) + 1 : count);
    found = true;
    if (end != NULL)
      break;
    if (stream->text.failed)
      return dm_error_set(err, DM_ERROR, "not enough memory");
  }
  return status < 0 ? -1 : found;
}

/* What argument 2 asks for: a number of bytes, "a" (all), "l" (a line without its end, the default), "L"
 * (with). */
static char check_what(lua_State *L, size_t *size) {
  *size = SIZE_MAX;
  if (lua_type(L, 2) == LUA_TNUMBER) {
    lua_Integer count = luaL_checkinteger(L, 2);
    luaL_argcheck(L, count >= 0, 2, "number of bytes, 0 or more, expected");
    *size = (size_t)count;
    return 'n';
  }
  const char *what = luaL_optstring(L, 2, "l");
  what += *what == '*';
  luaL_argcheck(L, strlen(what) == 1 && strchr("alL", *what) != NULL, 2,
                "a number, 'a', 'l' or 'L' expected");
  return *what;
}

/* stream:read(what) → string | nil at the end | nil, message, code: as file:read of Lua does, for one of a
 * number of bytes, "a", "l" and "L". */
static int stream_read(lua_State *L) {
  struct dm_error err;
  size_t size = 0;
  struct stream *stream = check_stream(L);
  char what = check_what(L, &size);
  int status = gather(stream, size, what == 'l' || what == 'L', &err);
  if (status < 0)
    return dm_lua_fail(L, &err);
  if (status == 0 && what != 'a') {
    lua_pushnil(L);
    return 1;
  }
  size_t length = stream->text.size;
  if (what == 'l' && length > 0 && stream->text.bytes[length - 1] == '\n')
    length--;
  lua_pushlstring(L, stream->text.bytes, length);
  return 1;
}

static int next_line(lua_State *L) {
  lua_settop(L, 1);
  return stream_read(L) == 1 ? 1 : dm_lua_raise(L);
}

/* stream:lines() → iterator of lines without their ends; raises a table of `message` and `code` where reading
 * fails. */
static int stream_lines(lua_State *L) {
  (void)check_stream(L);
  lua_pushcfunction(L, next_line);
  lua_pushvalue(L, 1);
  return 2;
}

static int stream_tostring(lua_State *L) {
  const struct stream *stream = luaL_checkudata(L, 1, DM_LUA_STREAM);
  if (stream->bytes == NULL)
    lua_pushliteral(L, "stream (closed)");
  else
    lua_pushfstring(L, "stream (%p)", (const void *)stream);
  return 1;
}

/* What stream.members must not leave behind, whatever raises. */
struct list {
  struct dm_members *members;
};

static int members_close(lua_State *L) {
  struct list *list = luaL_checkudata(L, 1, MEMBERS);
  dm_members_close(list->members);
  list->members = NULL;
  return 0;
}

/* stream.members(path) → array of the names of the regular files in an archive, as they come | nil, message,
 * code. */
static int stream_members(lua_State *L) {
  struct dm_error err;
  const char *path = luaL_checkstring(L, 1);
  struct list *list = lua_newuserdatauv(L, sizeof *list, 0);
  list->members = NULL;
  luaL_setmetatable(L, MEMBERS);
  lua_toclose(L, -1);
  if (dm_members_open(&list->members, path, &err) != 0)
    return dm_lua_fail(L, &err);
  lua_Integer count = 0;
  int status = 1;
  lua_newtable(L);
  while ((status = dm_members_next(list->members, &err)) > 0) {
    lua_pushstring(L, dm_members_name(list->members));
    lua_rawseti(L, -2, ++count);
  }
  return status < 0 ? dm_lua_fail(L, &err) : 1;
}

DM_LUA_MODULE int luaopen_datamaestro_api_stream(lua_State *L);

int luaopen_datamaestro_api_stream(lua_State *L) {
  static const luaL_Reg functions[] = {{"open", stream_open}, {"members", stream_members}, {NULL, NULL}};
  static const luaL_Reg metamethods[] = {
      {"__gc", stream_free}, {"__close", stream_close}, {"__tostring", stream_tostring}, {NULL, NULL}};
  static const luaL_Reg methods[] = {
      {"read", stream_read}, {"lines", stream_lines}, {"close", stream_close}, {NULL, NULL}};
  static const luaL_Reg members[] = {{"__gc", members_close}, {"__close", members_close}, {NULL, NULL}};
  dm_lua_class(L, DM_LUA_STREAM, metamethods, methods);
  dm_lua_class(L, MEMBERS, members, NULL);
  luaL_newlib(L, functions);
  return 1;
}
