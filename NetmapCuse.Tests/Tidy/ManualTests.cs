using System.Reflection;
using FluentAssertions;
using Xunit;

namespace NetmapCuse.Tests.Tidy;

/// <summary>
/// netmap(4), sentence by sentence, as far as it promises something: the test that holds us to it, or the line of README ("What
/// differs", "What works") that says why not. Sections as in the page.
/// </summary>
public sealed class ManualTests
{
    /// <summary>Section, promise, and "Class.Method" or "README: words that are there".</summary>
    private static readonly (string Section, string Promise, string Kept)[] s_promises =
    [
        ("DESCRIPTION", "select, poll, epoll block and wake", "PollTests.A_reader_sleeps_until_a_frame_comes"),
        ("DESCRIPTION", "emulates the API over drivers without native support", "DoorTableTests.The_host_behind_a_program_is_as_without_it"),
        ("ARCHITECTURE", "one ring for each queue of a port", "NicRingTests.*"),
        ("ARCHITECTURE", "an additional ring pair connects to the host stack", "HostRingTests.Ping_udp_and_tcp_of_all_sizes_pass_through_the_program"),
        ("ARCHITECTURE", "all NICs use the same memory region", "NicPortTests.Pipes_and_several_bindings_share_the_region"),
        ("ARCHITECTURE", "VALE ports have regions of their own, and can share", "MemoryTests.A_port_shares_the_region_that_its_creator_names"),
        ("ENTERING", "an interface's data path is disconnected from the host stack", "PacketTests.The_status_says_how_and_why_and_the_host_does_not_see_what_is_received"),
        ("ENTERING", "valeXXX:YYY are created if necessary", "SwitchTests.*"),
        ("ENTERING", "YYY cannot be the name of an interface", "ErrnoRegisterTests.REGISTER_EINVAL"),
        ("ENTERING", "arg tells size and place of the data structures", "LegacyTests.A_registration_fills_in_the_sizes_and_nothing_else"),
        ("ENTERING", "the OS believes the interface up and running", "JumboTests.Traffic_passes_through_the_program_and_the_links_are_as_before_afterwards"),
        ("ENTERING", "close returns the NIC to normal mode", "PacketTests.The_status_says_how_and_why_and_the_host_does_not_see_what_is_received"),
        ("DATA STRUCTURES", "layouts", "NetmapLayoutTests.*"),
        ("DATA STRUCTURES", "extra buffers are linked from ni_bufs_head", "MemoryTests.Extra_buffers_are_linked_last_one_first"),
        ("DATA STRUCTURES", "rings are touched in system calls only, but for tail to head-1", "PollTests.Without_pollin_nothing_is_received"),
        ("TRANSMIT RINGS", "slots up to head-1 are sent, tail moves over those that are done", "AttachTests.An_interface_that_completes_nothing_takes_all_but_one_slot_and_recovers"),
        ("TRANSMIT RINGS", "select and poll block while cur == tail", "PollTests.A_writer_sleeps_until_the_pipe_has_room"),
        ("RECEIVE RINGS", "cur may go further to wait for more", "PollTests.Cur_at_tail_means_to_wait_for_more"),
        ("RECEIVE RINGS", "slots up to head-1 go back, held ones stay", "RingResetTests.Cur_may_go_back_as_far_as_head"),
        ("SLOTS", "NS_BUF_CHANGED: zero copy between ports", "ExtraBufferTests.Extra_buffers_are_given_used_and_free_again"),
        ("SLOTS", "NS_REPORT", "NicSettingsTests.*"),
        ("SLOTS", "NS_FORWARD in transparent mode", "HostRingTests.Transparent_forwarding_needs_no_program_that_moves_packets"),
        ("SLOTS", "NS_NO_LEARN", "SwitchTests.*"),
        ("SLOTS", "NS_INDIRECT on TX rings of VALE ports", "SwitchTests.*"),
        ("SCATTER GATHER", "NS_MOREFRAG, up to 64 slots", "VnetHeaderTests.More_than_64_slots_are_too_many_also_when_they_become_so_here"),
        ("SCATTER GATHER", "not split unless they reach a device; there they leave whole", "DoorTableTests.Frames_of_several_slots_leave_whole_at_any_mtu"),
        ("IOCTLS", "the ioctls of network devices", "InterfaceIoctlTests.They_tell_of_the_interface_that_the_descriptor_is_bound_to"),
        ("IOCTLS", "with the rights of the caller", "InterfaceIoctlTests.Who_may_changes_the_flags_and_others_do_not"),
        ("NIOCGINFO", "tells what REGIF would, and changes nothing", "LegacyTests.Information_about_a_port_ignores_the_command"),
        ("NIOCREGIF", "several descriptors on one port", "BindingTests.Files_on_the_same_ring_share_it"),
        ("NIOCREGIF", "modes by nr_flags and nr_ringid", "LegacyTests.The_mode_comes_from_flags_or_else_from_the_ring_id"),
        ("NIOCREGIF", "pipes are two ports in the parent's memory", "PipeTests.Frames_go_both_ways"),
        ("NIOCREGIF", "a pipe's identifier is part of its name", "LegacyTests.Pipes_are_modes_with_numbers"),
        ("NIOCREGIF", "every poll pushes TX rings", "PollTests.Every_poll_pushes_what_is_to_be_sent"),
        ("NIOCREGIF", "NETMAP_NO_TX_SYNC: only POLLOUT does", "PollTests.With_no_tx_poll_only_pollout_pushes"),
        ("NIOCREGIF", "up to 16 rings on a VALE port", "ErrnoRegisterTests.*"),
        ("SELECT", "read events only: RX rings are processed", "PollTests.Without_pollin_nothing_is_received"),
        ("SELECT", "NETMAP_DO_RX_SYNC: updated without read events, too", "PollTests.With_NR_DO_RX_POLL_every_poll_updates_the_receive_rings_and_tells_of_no_read_event"),
        ("SELECT", "epoll", "PollTests.Edge_triggered_epoll_reports_each_arrival"),
        ("LIBRARIES", "nm_open and its family", "LibnetmapTests.The_library_does_what_its_header_says"),
        ("SYSCTL", "every parameter, with its default", "ParameterTests.Every_parameter_has_its_default"),
        ("SYSCTL", "admode 1 forces native", "PacketTests.Who_asks_for_native_adapters_gets_no_others"),
        ("SYSCTL", "admode 2 forces emulated", "NicRingTests.Packet_sockets_are_what_admode_2_asks_for_and_the_status_says_so"),
        ("SYSCTL", "generic_ringsize", "NicSettingsTests.An_interface_that_has_no_ring_parameters_gets_the_slots_of_generic_ringsize"),
        ("SYSCTL", "generic_mit", "NicSettingsTests.Who_waits_for_frames_that_follow_each_other_is_woken_as_often_as_generic_mit_says"),
        ("SYSCTL", "mitigate", "NicSettingsTests.Without_mitigate_each_frame_wakes_at_once_whatever_generic_mit_says"),
        ("SYSCTL", "mmap_unreg, flags", "README: `mmap_unreg`"),
        ("SYSCTL", "fwd", "NicPortTests.Parameter_fwd_forwards_everything"),
        ("SYSCTL", "txsync_retry", "ParameterTests.Txsync_retry_says_how_often_a_full_ring_is_asked_for_room"),
        ("SYSCTL", "no_pendintr", "ParameterTests.No_pendintr_0_leaves_frames_that_nobody_announced_until_a_sync_insists"),
        ("SYSCTL", "sizes and numbers of objects", "ParameterTests.Global_sizes_take_effect_when_nobody_uses_the_region"),
        ("SYSCTL", "bridge_batch", "ParameterTests.A_batch_of_nothing_forwards_nothing"),
        ("CAVEATS", "offloads are not used: turn them off", "DoorTableTests.The_host_behind_a_program_is_as_without_it"),
        ("EXAMPLES", "zero-copy forwarding between interfaces", "NicRingTests.*"),
        ("EXAMPLES", "the host stack as netmap:eth0^", "HostRingTests.Ping_udp_and_tcp_of_all_sizes_pass_through_the_program"),
        ("EXAMPLES", "vale-ctl -h vale2:em0", "HostRingTests.On_a_switch_the_interface_and_its_host_reach_each_other"),
    ];

    [Fact]
    public void Each_promise_has_its_test_or_its_line_in_README()
    {
        Dictionary<string, Type[]> classes = typeof(ManualTests).Assembly.GetTypes()
            .GroupBy(static type => type.Name).ToDictionary(static same => same.Key, static same => same.ToArray());
        string readme = File.ReadAllText(Path.Combine(Root(), "README.md"));
        s_promises.Where(promise => !IsKept(promise.Kept)).Should().BeEmpty();

        bool IsKept(string kept)
        {
            const string InReadme = "README: ";
            if (kept.StartsWith(InReadme, StringComparison.Ordinal))
            {
                return readme.Contains(kept[InReadme.Length..], StringComparison.Ordinal);
            }

            string[] parts = kept.Split('.');
            return classes.TryGetValue(parts[0], out Type[]? found) && found.SelectMany(Tests).Any(name => parts[1] == "*" || name == parts[1]);
        }
    }

    private static IEnumerable<string> Tests(Type type) =>
        type.GetMethods(BindingFlags.Public | BindingFlags.Instance)
            .Where(static method => method.GetCustomAttributes().Any(static one => one is FactAttribute))
            .Select(static method => method.Name);

    private static string Root([System.Runtime.CompilerServices.CallerFilePath] string file = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(file)!, "..", ".."));
}
