using MoeGen.Experts.Cache;
using MoeGen.Experts.Selection;
using MoeGen.Weights;

namespace MoeGen.Engine;

/// <summary>
/// Runs tokens of some sequences on a pass: once, or again for those that a selection is not content with. One caller at a time.
/// </summary>
internal sealed unsafe class PassRunner
{
    private readonly WorkerTeam _team;
    private readonly ExpertCache _experts;
    private readonly Action<Worker> _forward;
    private readonly Action<Worker> _encode;
    private ForwardPass? _running; // the pass that _forward or _encode runs

    /// <summary>Makes a runner.</summary>
    /// <param name="team">Who computes.</param>
    /// <param name="experts">The experts of the model.</param>
    /// <param name="forward">The decoder's pass.</param>
    /// <param name="encode">The encoder's.</param>
    public PassRunner(WorkerTeam team, ExpertCache experts, Action<ForwardPass, Worker> forward, Action<ForwardPass, Worker> encode)
    {
        _team = team;
        _experts = experts;
        _forward = worker => forward(_running!, worker);
        _encode = worker => encode(_running!, worker);
    }

    /// <summary>Lets the encoder read an input.</summary>
    /// <param name="pass">At least as long as the input.</param>
    /// <param name="sequence">A sequence without a text.</param>
    /// <param name="tokens">The input.</param>
    /// <param name="cancellationToken">Stops the run.</param>
    public void Encode(ForwardPass pass, Sequence sequence, ReadOnlySpan<int> tokens, CancellationToken cancellationToken)
    {
        sequence.SetInput(0);
        pass.Prepare(_experts, cancellationToken);
        Segment segment = new()
        {
            NumTokens = tokens.Length,
            FirstPosition = 0,
            Length = tokens.Length,
            IsNewSequence = true,
            Sequence = sequence,
        };
        pass.Add(tokens, segment);
        RunOnce(pass, _encode, isRepeat: false);
        sequence.SetInput(tokens.Length);
    }

    /// <summary>Runs what the requests have taken. A request whose logits are not finite has failed, the others have not.</summary>
    /// <param name="pass">With room for all of them.</param>
    /// <param name="requests">The sequences, in the order of their rows; changes their order.</param>
    /// <param name="cancellationToken">Stops the run.</param>
    public void Run(ForwardPass pass, Span<PassRequest> requests, CancellationToken cancellationToken)
    {
        int numLeft = requests.Length;
        for (bool isRepeat = false; numLeft > 0; isRepeat = true)
        {
            pass.Prepare(_experts, cancellationToken);
            foreach (PassRequest request in requests[..numLeft])
            {
                Sequence sequence = request.Sequence;
                sequence.StartChunk(request.NumTokens);
                pass.Add(sequence.NextTokens(request.NumTokens), SegmentOf(request, sequence));
            }

            RunOnce(pass, _forward, isRepeat);

            // those that are to be run again move to the front, where only those stand that are through
            int numRepeated = 0;
            for (int i = 0; i < numLeft; i++)
            {
                Segment segment = pass.Segments[i];
                if (_experts.IsToBeRepeated(segment, LastLogits(pass, segment)))
                {
                    (requests[numRepeated], requests[i]) = (requests[i], requests[numRepeated]);
                    numRepeated++;
                }
                else
                {
                    Finish(requests[i], pass, segment);
                }
            }

            numLeft = numRepeated;
        }
    }

    /// <summary>Runs as much of some requests as the pass has room for, and tells each of them what came of it.</summary>
    /// <param name="pass">With a row and logits for each of them.</param>
    /// <param name="requests">The sequences, who has waited longest first; changes their order.</param>
    public void RunTogether(ForwardPass pass, Span<PassRequest> requests)
    {
        int numWanted = 0;
        for (int i = 0; i < requests.Length; i++)
        {
            PassRequest request = requests[i];
            if (request.CancellationToken.IsCancellationRequested)
            {
                request.Fail(new OperationCanceledException(request.CancellationToken));
            }
            else
            {
                (requests[i], requests[numWanted]) = (requests[numWanted], request);
                numWanted++;
            }
        }

        Span<PassRequest> wanted = requests[..numWanted];
        RowShares.Assign(wanted, pass.MaxTokens);
        RunOrFail(pass, wanted);
    }

    private void RunOrFail(ForwardPass pass, Span<PassRequest> requests)
    {
        try
        {
            // of several sequences none can stop the others
            Run(pass, requests, requests.Length == 1 ? requests[0].CancellationToken : CancellationToken.None);
        }
        catch (NonFiniteValueException) when (requests.Length > 1)
        {
            // a router cannot say whose token it was; alone, all but the one get through
            for (int i = 0; i < requests.Length; i++)
            {
                if (!requests[i].IsComputed)
                {
                    RunOrFail(pass, requests.Slice(i, 1));
                }
            }
        }
        catch (Exception exception)
        {
            foreach (PassRequest request in requests)
            {
                if (!request.IsComputed)
                {
                    request.Fail(exception);
                }
            }
        }
    }

    private static Segment SegmentOf(PassRequest request, Sequence sequence)
    {
        int position = sequence.NumComputed;
        bool isDecode = request.IsStep && request.NumTokens == 1 && request.NumLogits == 1;
        return new Segment
        {
            NumTokens = request.NumTokens,
            FirstPosition = position,
            Length = request.Length,
            NumLogits = request.NumLogits,
            IsNewSequence = position == 0 && sequence.InputCache is null, // with an encoder it was the encoder's pass
            IsDecode = isDecode,
            DecodeStep = isDecode ? position - sequence.PromptEnd : 0,
            Sequence = sequence,
        };
    }

    private static ReadOnlySpan<float> LastLogits(ForwardPass pass, in Segment segment) =>
        segment.NumLogits == 0 ? default : pass.Logits[segment.FirstLogits + segment.NumLogits - 1];

    private static void Finish(PassRequest request, ForwardPass pass, in Segment segment)
    {
        for (int i = 0; i < segment.NumLogits; i++)
        {
            ReadOnlySpan<float> logits = pass.Logits[segment.FirstLogits + i];
            int token = FloatConverter.IndexOfNonFinite(logits);
            if (token >= 0)
            {
                int position = segment.FirstPosition + segment.NumTokens - segment.NumLogits + i;
                request.Fail(NonFiniteValueException.InLogits(position, token, logits[token]));
                return;
            }
        }

        if (request.Logits is not null && segment.NumLogits > 0)
        {
            LastLogits(pass, segment).CopyTo(new Span<float>(request.Logits, pass.Logits.Width));
        }

        request.Complete(segment.IsDecode);
    }

    private void RunOnce(ForwardPass pass, Action<Worker> work, bool isRepeat)
    {
        _running = pass;
        _experts.StartPass(new SelectionPass(pass.Segments, isRepeat));
        bool isComplete = false;
        try
        {
            _team.Run(work);
            isComplete = true;
        }
        finally
        {
            _experts.EndPass(isComplete);
        }
    }
}
