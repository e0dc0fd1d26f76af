/* A stream of bytes as Lua holds it: what module datamaestro.api.stream makes and other bindings read from.
 */
#ifndef DATAMAESTRO_STREAM_HANDLE_H
#define DATAMAESTRO_STREAM_HANDLE_H

#include <lauxlib.h>
#include <lua.h>
#include <stdbool.h>

#include "datamaestro/reader.h"

#define DM_LUA_STREAM "datamaestro.stream"

/* The start of the userdata: a reader that fails once the stream is closed. Bytes of a stream that was lent
 * stay until it is collected: who keeps the userdata alive may keep the reader, and the bytes that it gave
 * last. Its finalizer comes after that of the borrower, which was made later. */
struct dm_lua_stream {
  struct dm_reader reader;
  bool lent; /* another userdata reads it */
};

/* Field `source` of the table at `index`: a stream's reader, or NULL where there is none; anything else
 * raises. The value is left on the stack, to be kept where the reader is. */
struct dm_reader *dm_lua_stream_field(lua_State *L, int index);

#endif
