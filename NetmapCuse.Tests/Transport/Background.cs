namespace NetmapCuse.Tests.Transport;

/// <summary>Clients that block get a thread of their own.</summary>
internal static class Background
{
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    internal static Task<T> Run<T>(Func<T> body) => Task.Factory.StartNew(
        body, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
