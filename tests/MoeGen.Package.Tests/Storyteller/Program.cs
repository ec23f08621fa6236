using MoeGen;
using Storyteller;

// shapes are constants of the generated class, known before any weight is read
Console.Error.WriteLine($"{Demo.NumLayers} layers of {Demo.NumExperts} experts, {Demo.Expert.SizeInBytes} bytes each");

using Demo model = Demo.Load("Models/demo");
SamplingOptions options = new() { MaxTokens = 60, Seed = 1 };
await foreach (string piece in model.GenerateAsync("Once upon a time", options))
{
    Console.Write(piece);
}

Console.WriteLine();
