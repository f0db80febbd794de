using NetmapCuse.Core.Interop;
using NetmapCuse.Drivers.Interop;
using NetmapCuse.Drivers.Xdp;

namespace NetmapCuse.Drivers.Common;

/// <summary>Programs behind classifiers of a clsact queueing discipline, for kernels without tcx.</summary>
internal sealed class ClsactHooks : TrafficHooks
{
    /// <summary>Where our classifier is among those of others ("nm"); what an earlier daemon left there makes way.</summary>
    private const ushort Priority = 0x6e6d;

    private readonly Lazy<string> _obstacle = new(FindObstacle);

    internal override bool IsPossible(out string reason)
    {
        reason = _obstacle.Value;
        return reason.Length == 0;
    }

    internal override IDisposable Attach(Fd program, int device, uint attachType, string step)
    {
        uint parent = attachType == Bpf.AttachEgress ? TrafficControl.Egress : TrafficControl.Ingress;
        Fd programs = Bpf.CreateMap(Bpf.ProgramArray, sizeof(uint), sizeof(uint), 1);
        TrafficControl? control = null;
        try
        {
            control = new TrafficControl();
            bool isOurs = control.AddClsact(device);
            Hook hook = new(control, programs, device, parent, isOurs);
            try
            {
                Bpf.Update(programs, 0, program);
                using Fd dispatcher = XdpPrograms.Dispatcher(programs);
                control.RemovePrograms(device, parent, Priority);
                control.AddProgram(device, parent, Priority, dispatcher);
                return hook;
            }
            catch
            {
                hook.Dispose();
                throw;
            }
        }
        catch (PosixException failure)
        {
            control?.Dispose();
            programs.Dispose();
            throw new PosixException($"{step}: {failure.Step}", failure.Errno);
        }
    }

    /// <summary>Tries it on a TAP of its own.</summary>
    private static string FindObstacle()
    {
        try
        {
            string name = "nmtry%d";
            using TunDevice device = TunDevice.CreateQueues(ref name, 1)[0];
            using InterfaceControl interfaces = new();
            using TrafficControl control = new();
            int number = interfaces.Index(name) ?? 0;
            using Fd programs = Bpf.CreateMap(Bpf.ProgramArray, sizeof(uint), sizeof(uint), 1);
            using Fd dispatcher = XdpPrograms.Dispatcher(programs);
            _ = control.AddClsact(number);
            control.AddProgram(number, TrafficControl.Egress, Priority, dispatcher);
            return string.Empty;
        }
        catch (PosixException failure)
        {
            return failure.Message + Remedy.For(failure);
        }
    }

    /// <summary>One classifier; the discipline goes with it if it was made for it and nobody else has come to use it.</summary>
    private sealed class Hook(TrafficControl control, Fd programs, int device, uint parent, bool isOurs) : IDisposable
    {
        private int _isDisposed;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            {
                return;
            }

            programs.Dispose();
            control.RemovePrograms(device, parent, Priority);
            if (isOurs && !control.HasFilters(device, TrafficControl.Ingress) && !control.HasFilters(device, TrafficControl.Egress))
            {
                control.RemoveClsact(device);
            }

            control.Dispose();
        }
    }
}
