using System.CommandLine;
using NetmapCuse.Configuration;

namespace NetmapCuse.Commands;

/// <summary>"netmapcuse check-config": whether "serve" would take this configuration and these options.</summary>
internal static class CheckConfigCommand
{
    internal static Command Create()
    {
        SettingOptions options = new();
        Command command = new("check-config", "Check the configuration and options of serve; exit status 0 when they are fine");
        options.AddTo(command);
        command.SetAction(parsed => Run(options.Read(parsed)));
        return command;
    }

    private static int Run(CommandLineSettings line)
    {
        try
        {
            ServeSettings settings = SettingsReader.Read(line);
            SettingsCheck.Require(settings);
            Console.WriteLine($"{settings.ConfigurationPath ?? "no configuration file"}: fine");
            return 0;
        }
        catch (SettingException mistake)
        {
            Console.Error.WriteLine(mistake.Message);
            return 1;
        }
    }
}
