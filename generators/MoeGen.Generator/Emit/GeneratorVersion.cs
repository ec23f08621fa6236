using System;

namespace MoeGen.Generator.Emit;

/// <summary>The generator's version, which generated code names.</summary>
internal static class GeneratorVersion
{
    private static readonly Version s_version = typeof(GeneratorVersion).Assembly.GetName().Version;

    public static string Text { get; } = $"{s_version.Major}.{s_version.Minor}.{s_version.Build}";
}
