/* Module datamaestro.api.inflate: gzip data to plain bytes. */
#include "datamaestro/inflate.h"

#include <string.h>

#include "lua_util.h"

#define INFLATE "datamaestro.inflate"

enum { FIRST_PIECE = 1024, PIECE = 64 * 1024 }; /* bytes of content made at a time */

struct handle {
  struct dm_inflate *inflate; /* NULL when closed */
};

/* inflate.backends() → array of names, best first. */
static int inflate_backends(lua_State *L) {
  lua_newtable(L);
  for (size_t i = 0; dm_inflate_backend(i) != NULL; i++) {
    lua_pushstring(L, dm_inflate_backend(i));
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return 1;
}

static void check_backend(lua_State *L, const char *name) {
  luaL_Buffer known;
  luaL_buffinit(L, &known);
  for (size_t i = 0; dm_inflate_backend(i) != NULL; i++) {
    if (strcmp(dm_inflate_backend(i), name) == 0)
      return;
    luaL_addstring(&known, i > 0 ? " or " : "");
    luaL_addstring(&known, dm_inflate_backend(i));
  }
  luaL_pushresult(&known);
  luaL_error(L, "field 'backend': '%s' (%s expected)", name, lua_tostring(L, -1));
}

/* The options at `index` (a table or none); strings stay owned by the table. */
static struct dm_inflate_options check_options(lua_State *L, int index) {
  struct dm_inflate_options options = {.subject = "data", .limit = DM_INFLATE_NO_LIMIT};
  if (lua_isnoneornil(L, index))
    return options;
  luaL_checktype(L, index, LUA_TTABLE);
  options.backend = dm_lua_field_string(L, index, "backend", NULL);
  options.subject = dm_lua_field_string(L, index, "path", options.subject);
  lua_Integer limit = dm_lua_field_integer(L, index, "limit", -1);
  if (lua_getfield(L, index, "limit") != LUA_TNIL) {
    if (limit < 0)
      luaL_error(L, "field 'limit': %I (0 or more expected)", (LUAI_UACINT)limit);
    options.limit = (uint64_t)limit;
  }
  lua_pop(L, 1);
  if (options.backend != NULL)
    check_backend(L, options.backend);
  return options;
}

/* Pushes an open handle. */
static struct handle *push_handle(lua_State *L, const struct dm_inflate_options *options,
                                  struct dm_error *err) {
  struct handle *handle = lua_newuserdatauv(L, sizeof *handle, 0);
  handle->inflate = NULL;
  luaL_setmetatable(L, INFLATE);
  return dm_inflate_open(&handle->inflate, options, err) == 0 ? handle : NULL;
}

/* inflate.new([{backend = name, limit = bytes of content, path = for messages}]) → handle with
 * :write(chunk), :finish() and :close(), to-be-closed | nil, message, code. */
static int inflate_new(lua_State *L) {
  struct dm_error err;
  struct dm_inflate_options options = check_options(L, 1);
  return push_handle(L, &options, &err) != NULL ? 1 : dm_lua_fail(L, &err);
}

/* Decodes `size` bytes and pushes the content. The first piece fits a luaL_Buffer without an allocation:
 * small chunks make small content. */
static int push_content(lua_State *L, struct dm_inflate *inflate, const char *bytes, size_t size,
                        struct dm_error *err) {
  luaL_Buffer content;
  struct dm_inflate_io io = {.in = (const unsigned char *)bytes, .in_size = size};
  size_t piece = FIRST_PIECE;
  luaL_buffinit(L, &content);
  for (;; piece = PIECE) {
    io.out = (unsigned char *)luaL_prepbuffsize(&content, piece);
    io.out_size = piece;
    if (dm_inflate_step(inflate, &io, err) != 0)
      return -1;
    luaL_addsize(&content, piece - io.out_size);
    if (io.out_size > 0)
      break;
  }
  luaL_pushresult(&content);
  return 0;
}

static struct dm_inflate *check_open(lua_State *L) {
  struct handle *handle = luaL_checkudata(L, 1, INFLATE);
  if (handle->inflate == NULL)
    luaL_error(L, "inflate handle is closed");
  return handle->inflate;
}

/* inflate:write(chunk) → content made of it (may be "") | nil, message, code: "format" for damage and
 * for content over the limit. */
static int handle_write(lua_State *L) {
  struct dm_error err;
  size_t size = 0;
  struct dm_inflate *inflate = check_open(L);
  const char *bytes = luaL_checklstring(L, 2, &size);
  return push_content(L, inflate, bytes, size, &err) == 0 ? 1 : dm_lua_fail(L, &err);
}

/* inflate:finish() → true, count of trailing bytes that were ignored (gzip warns of them; zero padding
 * does not count) | nil, message, code: "format" when the data ended early. */
static int handle_finish(lua_State *L) {
  struct dm_error err;
  struct dm_inflate *inflate = check_open(L);
  if (dm_inflate_finish(inflate, &err) != 0)
    return dm_lua_fail(L, &err);
  lua_pushboolean(L, 1);
  lua_pushinteger(L, (lua_Integer)dm_inflate_garbage(inflate));
  return 2;
}

/* inflate:close() → nothing: frees; twice is fine. */
static int handle_close(lua_State *L) {
  struct handle *handle = luaL_checkudata(L, 1, INFLATE);
  dm_inflate_close(handle->inflate);
  handle->inflate = NULL;
  return 0;
}

/* inflate.string(data [, options as of new]) → content, count of trailing bytes that were ignored |
 * nil, message, code. */
static int inflate_string(lua_State *L) {
  struct dm_error err;
  size_t size = 0;
  const char *bytes = luaL_checklstring(L, 1, &size);
  struct dm_inflate_options options = check_options(L, 2);
  struct handle *handle = push_handle(L, &options, &err);
  if (handle == NULL || push_content(L, handle->inflate, bytes, size, &err) != 0 ||
      dm_inflate_finish(handle->inflate, &err) != 0)
    return dm_lua_fail(L, &err);
  lua_pushinteger(L, (lua_Integer)dm_inflate_garbage(handle->inflate));
  dm_inflate_close(handle->inflate);
  handle->inflate = NULL;
  return 2;
}

DM_LUA_MODULE int luaopen_datamaestro_api_inflate(lua_State *L);

int luaopen_datamaestro_api_inflate(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"backends", inflate_backends}, {"new", inflate_new}, {"string", inflate_string}, {NULL, NULL}};
  static const luaL_Reg metamethods[] = {{"__gc", handle_close}, {"__close", handle_close}, {NULL, NULL}};
  static const luaL_Reg methods[] = {
      {"write", handle_write}, {"finish", handle_finish}, {"close", handle_close}, {NULL, NULL}};
  dm_lua_class(L, INFLATE, metamethods, methods);
  luaL_newlib(L, functions);
  return 1;
}
