-- What a placeholder really used, from the gate folder into the admin_comment of its record (docs/formats/gate.md has the format).
-- Runs inside slurmctld while it holds its locks: it reads one small local file of a placeholder of ours and nothing else, and
-- whatever goes wrong, the record is written as it is.
local LONGEST = 258 -- an admin_comment of 256 bytes, and what stands around it
local LARGEST_DIGITS = 15
local USED = "^cloister:1:used:(%d+):(%d+):(%d+):(%d+)$"

local function is_number(text) return #text <= LARGEST_DIGITS and (text == "0" or text:find("^[1-9]") ~= nil) end

local function is_used(text)
   local cpu, memory, gpu, flags = text:match(USED)
   return cpu ~= nil and is_number(cpu) and is_number(memory) and is_number(gpu) and is_number(flags)
end

local function digits(number)
   number = tonumber(number)
   if not number or number < 1 or number > 9999999999 or number % 1 ~= 0 then return nil end
   return string.format("%d", number)
end

-- The text of a small regular file; nil and why, or nil alone if there is none. A pipe in its place would block slurmctld for ever
-- if it were opened for reading. Opened for reading and writing it does not, and then has no end to seek to.
local function read(path)
   local file, why, code = io.open(path, "r+")
   if not file then
      if code == 2 or why:find("No such file", 1, true) then return nil end
      return nil, "cannot be opened for reading and writing"
   end
   local size = file:seek("end")
   if not size or size == 0 or size > LONGEST then
      file:close()
      return nil, "is not a regular file of 1 to " .. LONGEST .. " bytes"
   end
   file:seek("set")
   local text = file:read(size)
   file:close()
   return text or ""
end

return function(config, mark)
   local function is_ours(record)
      local backend = false
      for _, uid in ipairs(config.backend_uids) do backend = backend or uid == record.user_id end
      if not backend or not mark(record.comment) then return false end
      for _, partition in ipairs(config.partitions or { record.partition }) do
         if partition == record.partition then return true end
      end
      return false
   end

   local function note(record)
      if not is_ours(record) then return end
      -- What an administrator wrote there stays.
      local before = record.admin_comment
      if before ~= nil and before ~= "" and not is_used(before) then return end
      local job, submitted = digits(record.job_id), digits(record.submit_time)
      if not job or not submitted then return end
      local text, trouble = read(config.gate .. "/usage/" .. job .. "." .. submitted)
      if text then
         local used = text:match("^1 (.*)\n$")
         if used and is_used(used) then
            record.admin_comment = used
            return
         end
         trouble = "is not in the form that is known here"
      end
      if trouble then slurm.log_error("cloister: usage/%s.%s %s", job, submitted, trouble) end
   end

   return function(record)
      local ran, why = pcall(note, record)
      if not ran then slurm.log_error("cloister: the usage of a placeholder was not noted: %s", tostring(why)) end
   end
end
