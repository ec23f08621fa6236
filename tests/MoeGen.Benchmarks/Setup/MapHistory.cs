namespace MoeGen.Benchmarks.Setup;

/// <summary>
/// Expert maps of passes before the measurement, from the second halves of the texts: the measured prompts are cut from their beginnings.
/// </summary>
internal sealed class MapHistory(OffloadingSettings settings, MoegenTool tool, WorkFolder work, WideModel model)
{
    private const int PromptsPerText = 5;
    private const int NearlyAllPercent = 98; // prefetchers hear nothing of a model that has all of its experts in memory

    /// <summary>A copy that a run may write to, made anew each time; the history itself is made at the first one.</summary>
    public async Task<string> CopyAsync(CancellationToken cancellationToken)
    {
        string maps = work["maps.safetensors"], copy = work["maps-copy.safetensors"];
        if (!File.Exists(maps))
        {
            await RecordAsync(maps, cancellationToken);
        }

        File.Copy(maps, copy, overwrite: true);
        return copy;
    }

    private async Task RecordAsync(string maps, CancellationToken cancellationToken)
    {
        string partial = maps + ".partial";
        List<string> arguments =
        [
            "bench", model.Folder, "--budget", $"{model.BudgetFor(NearlyAllPercent)}", "--offload", Offloading.FineMoE().Name,
            "--map-store", partial, "--prompt-tokens", $"{settings.PromptTokens}", "--tokens", $"{settings.Tokens}",
            "--runs", $"{PromptsPerText * settings.Texts.Count}",
        ];
        for (int i = 0; i < settings.Texts.Count; i++)
        {
            string text = await File.ReadAllTextAsync(settings.Texts[i], cancellationToken), half = work[$"history-{i}.txt"];
            await File.WriteAllTextAsync(half, text[(text.IndexOf('\n', text.Length / 2) + 1)..], cancellationToken);
            arguments.AddRange(["--text", half]);
        }

        File.Delete(partial);
        _ = await tool.RunAsync(arguments, cancellationToken);
        File.Move(partial, maps);
    }
}
