-- The gate of global/burst_buffer.lua.
local BACKEND = "5000"
CLOISTER_FOLDER = SCRATCH .. "/slurm"
local GATE = SCRATCH .. "/gate"
shell("mkdir -p " .. CLOISTER_FOLDER .. " && cp " .. PLUGINS .. "/global/*.lua " .. CLOISTER_FOLDER)

local function configured(more)
   put(CLOISTER_FOLDER .. "/cloister.lua", 'return { backend_uids = { 5000 }, gate = "' .. GATE .. '"' .. (more or "") .. " }")
   dofile(CLOISTER_FOLDER .. "/burst_buffer.lua")
end

local function beat(age) put(GATE .. "/answers/heartbeat", string.format("%d\n", os.time() - (age or 0))) end

local function fresh(more)
   shell("rm -rf " .. GATE .. " && mkdir -p " .. GATE .. "/asked " .. GATE .. "/answers")
   configured(more)
   beat()
end

local NAME = "7.12.1.345.0"
local function info(more) return with({ comment = "cloister:1:7:12:1", restart_cnt = 0, nodes = "vmhost[1-2]" }, more) end
local function pre_run(given, job, uid) return slurm_bb_pre_run(job or "345", "/script", uid or BACKEND, "5000", given or info()) end
local function answer(text, name) put(GATE .. "/answers/" .. (name or NAME), text) end
local function refused(words, given, job, uid)
   local code, text = pre_run(given, job, uid)
   same(slurm.ERROR, code, "code")
   holds(text, words)
   holds(text, "cloister: ")
   return text
end

case("go_for_the_same_nodes_opens_the_gate", function()
   fresh()
   answer("1 go ok vmhost[1-2]\n")
   local code, words = pre_run()
   same(slurm.SUCCESS, code, "code")
   same("", words, "words")
end)
case("what_is_asked_holds_the_nodes_as_slurm_writes_them", function()
   fresh()
   answer("1 go ok vmhost[1-2]\n")
   pre_run()
   same("1 vmhost[1-2]\n", get(GATE .. "/asked/" .. NAME), "asked")
   same(nil, get(GATE .. "/asked/" .. NAME .. ".tmp"), "temporary file")
end)
case("a_restart_asks_under_its_own_name", function()
   fresh()
   answer("1 go ok vmhost1\n", "7.12.1.345.2")
   same(slurm.SUCCESS, (pre_run(info({ restart_cnt = 2, nodes = "vmhost1" }))), "code")
end)
case("an_answer_that_comes_later_opens_the_gate", function()
   fresh()
   shell("(sleep 1; printf '1 go ok vmhost[1-2]\\n' > " .. GATE .. "/a.tmp; mv " .. GATE .. "/a.tmp " .. GATE .. "/answers/" .. NAME .. ") >/dev/null 2>&1 &")
   same(slurm.SUCCESS, (pre_run()), "code")
end)
case("a_refusal_is_told_with_its_code", function()
   fresh()
   answer("1 refuse no_hello vmhost[1-2]\n")
   refused("the backend refused: no_hello")
end)
for name, text in pairs({
   empty = "", of_another_version = "2 go ok vmhost[1-2]\n", without_an_end = "1 go ok vmhost[1-2]", followed_by_more = "1 go ok vmhost[1-2]\nx",
   of_another_word = "1 maybe ok vmhost[1-2]\n", without_nodes = "1 go ok\n", spaced_out = "1  go ok vmhost[1-2]\n",
}) do
   case("an_answer_that_is_" .. name .. "_refuses", function()
      fresh()
      answer(text)
      refused("the backend's answer is not one")
   end)
end
case("an_answer_with_a_code_that_is_too_long_refuses", function()
   fresh()
   answer("1 go " .. ("x"):rep(65) .. " vmhost[1-2]\n")
   refused("the backend's answer is not one")
end)
case("an_answer_that_is_too_long_refuses_whatever_it_begins_with", function()
   fresh()
   local nodes = ("n"):rep(32000)
   answer("1 go ok " .. nodes .. "\n" .. ("x"):rep(65536 - 32000 - 9) .. "\n")
   refused("the backend's answer is too long", info({ nodes = nodes }))
end)
case("the_longest_list_of_nodes_is_answered", function()
   fresh()
   local nodes = ("n"):rep(32768)
   answer("1 go ok " .. nodes .. "\n")
   same(slurm.SUCCESS, (pre_run(info({ nodes = nodes }))), "code")
end)
case("an_answer_for_another_restart_is_not_taken", function()
   fresh(", gate_limit_seconds = 1")
   answer("1 go ok vmhost[1-2]\n", "7.12.1.345.0")
   refused("the backend gave no answer in time", info({ restart_cnt = 1 }))
end)
case("an_answer_for_another_job_is_not_taken", function()
   fresh(", gate_limit_seconds = 1")
   answer("1 go ok vmhost[1-2]\n", "7.12.1.346.0")
   refused("the backend gave no answer in time")
end)
case("an_answer_that_is_still_being_written_is_not_taken", function()
   fresh(", gate_limit_seconds = 1")
   answer("1 go ok vmhost[1-2]\n", NAME .. ".tmp")
   refused("the backend gave no answer in time")
end)
case("an_answer_for_other_nodes_refuses", function()
   fresh()
   answer("1 go ok vmhost[1-3]\n")
   refused("the backend's answer is for other nodes")
end)
case("an_answer_to_another_attempt_is_not_taken", function()
   fresh(", gate_limit_seconds = 1")
   answer("1 go ok vmhost[1-2]\n", "7.12.2.345.0")
   refused("the backend gave no answer in time")
end)

-- ---- silence ----------------------------------------------------------------------------------------------------------------
local function at_once(body)
   local before = os.time()
   body()
   if os.time() - before > 3 then error("it waited") end
end
case("an_old_heartbeat_refuses_at_once_and_asks_nothing", function()
   fresh()
   beat(31)
   at_once(function() refused("has not been heard for 30 seconds") end)
   same(nil, get(GATE .. "/asked/" .. NAME), "asked")
end)
case("a_heartbeat_of_29_seconds_is_alive", function()
   fresh()
   beat(29)
   answer("1 go ok vmhost[1-2]\n")
   same(slurm.SUCCESS, (pre_run()), "code")
end)
case("a_missing_heartbeat_refuses_at_once", function()
   fresh()
   os.remove(GATE .. "/answers/heartbeat")
   at_once(function() refused("has not been heard") end)
end)
case("a_heartbeat_that_is_no_number_refuses_at_once", function()
   fresh()
   put(GATE .. "/answers/heartbeat", "$(reboot)\n")
   at_once(function() refused("has not been heard") end)
end)
for name, text in pairs({ empty = "", long = ("1"):rep(40) .. "\n", endless = ("1"):rep(200000), negative = "-5\n", followed_by_more = "1790000000\nx\n" }) do
   case("a_heartbeat_that_is_" .. name .. "_refuses_at_once", function()
      fresh()
      put(GATE .. "/answers/heartbeat", text)
      at_once(function() refused("has not been heard") end)
   end)
end
case("a_heartbeat_that_becomes_none_ends_the_wait", function()
   fresh()
   shell("(sleep 1; head -c 100000 /dev/zero | tr '\\0' 1 > " .. GATE .. "/a.tmp; mv " .. GATE .. "/a.tmp " .. GATE .. "/answers/heartbeat) >/dev/null 2>&1 &")
   local before = os.time()
   refused("the backend fell silent")
   if os.time() - before > 5 then error("it waited too long") end
end)
case("a_backend_that_falls_silent_ends_the_wait", function()
   fresh()
   beat(28)
   local before = os.time()
   refused("the backend fell silent")
   if os.time() - before > 8 then error("it waited too long") end
end)
case("a_wait_has_a_limit_while_the_heart_beats", function()
   fresh(", gate_limit_seconds = 1")
   refused("the backend gave no answer in time")
end)

-- ---- who and what --------------------------------------------------------------------------------------------------------------
for name, comment in pairs({ missing = false, of_text = "hello", injected = "cloister:1:7:12:1;reboot", zero = "cloister:1:0:1:1", leading_zero = "cloister:1:7:012:1" }) do
   case("a_comment_that_is_" .. name .. "_is_no_placeholder", function()
      fresh()
      local given = info()
      given.comment = comment or nil
      refused("this job is not a placeholder", given)
   end)
end
case("another_uid_is_no_placeholder", function()
   fresh()
   refused("this job is not a placeholder", info(), "345", "1000")
end)
for name, job in pairs({ injected = "345;reboot", empty = "", negative = "-1", long = "12345678901" }) do
   case("a_job_id_that_is_" .. name .. "_is_refused", function()
      fresh()
      refused("this job is not a placeholder", info(), job)
   end)
end
for name, count in pairs({ missing = false, half = 0.5, negative = -1 }) do
   case("a_restart_count_that_is_" .. name .. "_is_refused", function()
      fresh()
      local given = info()
      given.restart_cnt = count or nil
      refused("this job is not a placeholder", given)
   end)
end
for name, nodes in pairs({ missing = false, empty = "", injected = "vmhost1;reboot", on_two_lines = "vmhost1\n1 go", spaced = "vmhost1 vmhost2" }) do
   case("nodes_that_are_" .. name .. "_are_refused", function()
      fresh()
      local given = info()
      given.nodes = nodes or nil
      refused("Slurm names no nodes", given)
   end)
end
case("a_gate_that_cannot_be_written_refuses", function()
   fresh()
   shell("rm -rf " .. GATE .. "/asked")
   refused("the gate's folder cannot be written")
end)
case("a_gate_on_a_full_disk_refuses", function()
   fresh()
   shell("ln -s /dev/full " .. GATE .. "/asked/" .. NAME .. ".tmp")
   refused("the gate's folder cannot be written")
end)
case("teardown_under_a_broken_configuration_is_said_to_fail", function()
   fresh()
   put(CLOISTER_FOLDER .. "/cloister.lua", "return {")
   local code, words = slurm_bb_job_teardown("345")
   same(slurm.ERROR, code, "code")
   holds(words, "until an administrator mends")
end)
case("a_broken_configuration_refuses", function()
   fresh()
   put(CLOISTER_FOLDER .. "/cloister.lua", "return {")
   refused("until an administrator mends")
end)
case("on_a_shared_slurm_other_jobs_pass_the_gate_unasked", function()
   fresh(', partitions = { "sealed" }')
   local code = slurm_bb_pre_run("9", "/script", "1000", "1000", { comment = "theirs", restart_cnt = 0, nodes = "n1" })
   same(slurm.SUCCESS, code, "code")
   same(nil, get(GATE .. "/asked/" .. NAME), "asked")
end)

-- ---- teardown ---------------------------------------------------------------------------------------------------------------
case("teardown_removes_what_that_job_asked_and_nothing_else", function()
   fresh()
   for _, name in ipairs({ "7.12.1.345.0", "7.12.1.345.1", "7.12.1.3456.0", "7.12.345.9.0", "7.345.1.9.0", "7.12.1.45.0" }) do put(GATE .. "/asked/" .. name, "1 n\n") end
   answer("1 go ok n\n")
   same(slurm.SUCCESS, (slurm_bb_job_teardown("345", "/script", "false", "5000", "5000")), "code")
   same(nil, get(GATE .. "/asked/7.12.1.345.0"), "first")
   same(nil, get(GATE .. "/asked/7.12.1.345.1"), "restart")
   for _, name in ipairs({ "7.12.1.3456.0", "7.12.345.9.0", "7.345.1.9.0", "7.12.1.45.0" }) do same("1 n\n", get(GATE .. "/asked/" .. name), name) end
   same("1 go ok n\n", get(GATE .. "/answers/" .. NAME), "answer")
end)
case("teardown_takes_away_what_was_refused_and_never_torn_down", function()
   fresh()
   for _, name in ipairs({ "7.1.1.50.0", "7.2.1.51.0", "7.3.1.52.0" }) do put(GATE .. "/asked/" .. name, "1 n\n") end
   put(GATE .. "/answers/7.1.1.50.0", "1 refuse cancelled n\n")
   put(GATE .. "/answers/7.2.1.51.0", "1 go ok n\n")
   same(slurm.SUCCESS, (slurm_bb_job_teardown("345")), "code")
   same(nil, get(GATE .. "/asked/7.1.1.50.0"), "refused")
   same("1 n\n", get(GATE .. "/asked/7.2.1.51.0"), "let go")
   same("1 n\n", get(GATE .. "/asked/7.3.1.52.0"), "not answered yet")
end)
case("teardown_of_a_job_that_asked_nothing_is_well", function()
   fresh()
   same(slurm.SUCCESS, (slurm_bb_job_teardown("346")), "code")
end)
case("teardown_takes_digits_only", function()
   fresh()
   put(GATE .. "/asked/" .. NAME, "1 n\n")
   local code, words = slurm_bb_job_teardown("* " .. GATE .. "/asked/")
   same(slurm.ERROR, code, "code")
   holds(words, "without a job id")
   same("1 n\n", get(GATE .. "/asked/" .. NAME), "asked")
end)

-- ---- inside slurmctld -------------------------------------------------------------------------------------------------------
case("what_runs_inside_slurmctld_does_no_io", function()
   fresh()
   local touched
   local real = { open = io.open, execute = os.execute, dofile = dofile, loadfile = loadfile }
   local function trap(name) return function() touched = name end end
   dofile(CLOISTER_FOLDER .. "/burst_buffer.lua")
   io.open, os.execute, dofile, loadfile = trap("io.open"), trap("os.execute"), trap("dofile"), trap("loadfile")
   local ran, processed = pcall(slurm_bb_job_process, "/script", "5000", "5000", info())
   local walked, paths = pcall(slurm_bb_paths, "345", "/script", "/path", "5000", "5000", info())
   io.open, os.execute, dofile, loadfile = real.open, real.execute, real.dofile, real.loadfile
   same(true, ran and walked, "ran")
   same(slurm.SUCCESS, processed, "job_process")
   same(slurm.SUCCESS, paths, "paths")
   same(nil, touched, "touched")
end)
case("loading_the_plugin_reads_no_other_file", function()
   shell("mkdir -p " .. SCRATCH .. "/lone && cp " .. PLUGINS .. "/global/burst_buffer.lua " .. SCRATCH .. "/lone")
   local kept = CLOISTER_FOLDER
   CLOISTER_FOLDER = SCRATCH .. "/lone"
   local ran, why = pcall(dofile, CLOISTER_FOLDER .. "/burst_buffer.lua")
   CLOISTER_FOLDER = kept
   same(true, ran, tostring(why))
end)
case("every_function_that_slurm_requires_is_there", function()
   for _, name in ipairs({
      "job_process", "pools", "job_teardown", "setup", "data_in", "test_data_in", "real_size", "paths", "pre_run", "post_run", "data_out", "test_data_out", "get_status",
   }) do
      same("function", type(_G["slurm_bb_" .. name]), name)
   end
end)
case("real_size_and_status_return_a_string_second", function()
   same("string", type(select(2, slurm_bb_real_size())), "real_size")
   same("string", type(select(2, slurm_bb_get_status())), "get_status")
end)
