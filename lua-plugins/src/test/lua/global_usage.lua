-- global/jobcomp.lua: what a placeholder used, in its record.
CLOISTER_FOLDER = SCRATCH .. "/slurm"
local GATE = SCRATCH .. "/gate"
local USED = "cloister:1:used:7200:15728640:0:1"

local function fresh(more)
   shell("rm -rf " .. CLOISTER_FOLDER .. " " .. GATE .. " && mkdir -p " .. CLOISTER_FOLDER .. " " .. GATE .. "/usage && cp " .. PLUGINS .. "/global/*.lua " .. CLOISTER_FOLDER)
   put(CLOISTER_FOLDER .. "/cloister.lua", 'return { backend_uids = { 5000 }, gate = "' .. GATE .. '"' .. (more or "") .. " }")
   dofile(CLOISTER_FOLDER .. "/jobcomp.lua")
end
local function usage(text, name) put(GATE .. "/usage/" .. (name or "345.1795373697"), text) end
local function record(more)
   return with({ job_id = 345.0, submit_time = 1795373697.0, user_id = 5000.0, partition = "sealed", comment = "cloister:1:7:12:1", restart_cnt = 0.0 }, more)
end
local function noted(wanted, given)
   given = given or record()
   same(slurm.SUCCESS, slurm_jobcomp_log_record(given), "code")
   same(wanted, given.admin_comment, "admin_comment")
end

case("what_was_used_becomes_the_admin_comment", function()
   fresh()
   usage("1 " .. USED .. "\n")
   noted(USED)
   same("", told("log"), "log")
end)
case("the_largest_numbers_are_noted", function()
   fresh()
   local most = "cloister:1:used:999999999999999:999999999999999:999999999999999:999999999999999"
   usage("1 " .. most .. "\n")
   noted(most)
end)
case("zeros_are_noted", function()
   fresh()
   usage("1 cloister:1:used:0:0:0:0\n")
   noted("cloister:1:used:0:0:0:0")
end)
case("later_figures_replace_earlier_ones", function()
   fresh()
   usage("1 " .. USED .. "\n")
   noted(USED, record({ admin_comment = "cloister:1:used:1:1:1:0" }))
end)
case("what_an_administrator_wrote_stays", function()
   fresh()
   usage("1 " .. USED .. "\n")
   noted("refunded", record({ admin_comment = "refunded" }))
end)
case("without_a_file_nothing_is_noted_or_said", function()
   fresh()
   noted(nil)
   same("", told("log"), "log")
end)
case("without_the_folder_nothing_is_noted", function()
   fresh()
   shell("rm -rf " .. GATE)
   noted(nil)
end)

for name, text in pairs({
   empty = "", of_another_version = "2 " .. USED .. "\n", without_an_end = "1 " .. USED, on_two_lines = "1 " .. USED .. "\nx\n", of_text = "1 cohort 7 of the hospital\n",
   of_another_kind = "1 cloister:1:spent:1:2:3:0\n", of_three_numbers = "1 cloister:1:used:1:2:3\n", of_five_numbers = "1 cloister:1:used:1:2:3:0:5\n",
   with_a_letter = "1 cloister:1:used:1:2:3:a\n", with_a_sign = "1 cloister:1:used:-1:2:3:0\n", with_a_leading_zero = "1 cloister:1:used:01:2:3:0\n",
   with_a_point = "1 cloister:1:used:1.5:2:3:0\n", with_a_long_number = "1 cloister:1:used:1234567890123456:2:3:0\n", too_long = "1 " .. USED .. (" "):rep(300) .. "\n",
   very_long = ("x"):rep(1000000), of_zero_bytes = "1 cloister:1:used:1:2:3:0\0\n", spaced = "1  " .. USED .. "\n", with_a_return = "1 " .. USED .. "\r\n",
}) do
   case("usage_that_is_" .. name .. "_is_not_noted_and_fails_no_record", function()
      fresh()
      usage(text)
      noted(nil)
      holds(told("log"), "cloister: usage/345.1795373697 is not")
      lacks(told("log"), "cohort")
   end)
end
case("a_pipe_in_its_place_does_not_block", function()
   -- Java opens a file for reading and writing in two steps and waits in the first. Slurm's Lua does not.
   if _VERSION:find("Luaj", 1, true) then return end
   fresh()
   shell("mkfifo -m 0666 " .. GATE .. "/usage/345.1795373697")
   local before = os.time()
   noted(nil)
   if os.time() - before > 2 then error("it waited") end
   holds(told("log"), "is not a regular file")
end)
case("a_folder_in_its_place_is_not_noted", function()
   fresh()
   shell("mkdir " .. GATE .. "/usage/345.1795373697")
   noted(nil)
   holds(told("log"), "cannot be opened")
end)
case("an_endless_device_in_its_place_is_not_noted", function()
   fresh()
   shell("ln -s /dev/zero " .. GATE .. "/usage/345.1795373697")
   noted(nil)
   holds(told("log"), "is not a regular file")
end)
case("figures_of_an_earlier_job_with_this_id_are_not_taken", function()
   fresh()
   usage("1 " .. USED .. "\n", "345.1700000000")
   noted(nil)
end)

-- ---- whose record ---------------------------------------------------------------------------------------------------------------------
for name, change in pairs({
   of_a_stranger = { user_id = 1000.0 }, of_a_stranger_with_a_mark = { user_id = 1000.0, comment = "cloister:1:7:12:1" }, without_a_mark = { comment = "hello" },
   with_a_strange_mark = { comment = "cloister:1:7:12:1 " }, without_a_job_id = { job_id = 0.5 }, without_a_submit_time = { submit_time = 0.0 },
}) do
   case("the_record_" .. name .. "_is_left_alone", function()
      fresh()
      usage("1 " .. USED .. "\n")
      noted(nil, record(change))
   end)
end
case("on_a_shared_slurm_records_of_other_partitions_are_left_alone", function()
   fresh(', partitions = { "sealed" }')
   usage("1 " .. USED .. "\n")
   noted(nil, record({ partition = "open" }))
   noted(USED)
end)
case("a_broken_configuration_fails_no_record", function()
   fresh()
   usage("1 " .. USED .. "\n")
   put(CLOISTER_FOLDER .. "/cloister.lua", "return {")
   dofile(CLOISTER_FOLDER .. "/jobcomp.lua")
   holds(told("log"), "no usage is noted until an administrator mends")
   noted(nil)
end)
case("an_error_in_it_fails_no_record", function()
   fresh()
   same(slurm.SUCCESS, slurm_jobcomp_log_record(setmetatable({}, { __index = function(_, key) error("no field " .. key) end })), "code")
   holds(told("log"), "was not noted")
end)
