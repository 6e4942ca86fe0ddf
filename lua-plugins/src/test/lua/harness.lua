-- Runs the cases of one file on whatever Lua runs this: harness.lua PLUGINS SCRATCH SPEC. Prints "ok <case>" or "not ok <case>: <why>".
-- `slurm` here does what Slurm's does: messages go through string.format, numbers arrive as floats where Lua has floats.
local plugins, scratch, spec = ...
PLUGINS, SCRATCH = plugins, scratch

local said = {}
local function keep(kind)
   return function(...) said[#said + 1] = { kind = kind, text = string.format(...) } end
end
slurm = {
   SUCCESS = 0.0, ERROR = -1.0, ESLURM_ACCESS_DENIED = 2002.0, ESLURM_REQUESTED_NODE_CONFIG_UNAVAILABLE = 2014.0,
   log_info = keep("log"), log_error = keep("log"), log_user = keep("user"),
}

NO_VAL, INFINITE, NO_VAL16 = 4294967294.0, 4294967295.0, 65534.0

function told(kind)
   local texts = {}
   for _, message in ipairs(said) do
      if message.kind == kind then texts[#texts + 1] = message.text end
   end
   return table.concat(texts, "\n")
end

function unsay() said = {} end

function same(wanted, actual, what)
   if wanted ~= actual then
      error((what or "value") .. ": wanted " .. tostring(wanted) .. ", was " .. tostring(actual) .. "; told: " .. told("user") .. told("log"), 2)
   end
end

function holds(text, part)
   if not text or not text:find(part, 1, true) then error("'" .. tostring(text) .. "' does not hold '" .. part .. "'", 2) end
end

function lacks(text, part)
   if text:find(part, 1, true) then error("'" .. text .. "' holds '" .. part .. "'", 2) end
end

function put(path, text)
   local file = assert(io.open(path, "w"))
   assert(file:write(text))
   file:close()
end

function get(path)
   local file = io.open(path, "r")
   if not file then return nil end
   local text = file:read("*a")
   file:close()
   return text
end

function with(fields, more)
   local all = {}
   for key, value in pairs(fields) do all[key] = value end
   for key, value in pairs(more or {}) do all[key] = value end
   return all
end

function shell(command) os.execute(command) end

local seen = {}
function case(name, body)
   if seen[name] then error("two cases are called " .. name) end
   seen[name] = true
   said = {}
   local ran, why = pcall(body)
   print(ran and ("ok " .. name) or ("not ok " .. name .. ": " .. tostring(why):gsub("\n", " / ")))
end

assert(loadfile(spec))()
